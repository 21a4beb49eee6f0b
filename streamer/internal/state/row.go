package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Row is an object that was read, whose fields are to be checked one by one.
type Row map[string]any

// RowOf is value, which must be an object of exactly these fields.
func RowOf(value any, names ...string) (Row, error) {
	row, is := value.(map[string]any)
	for _, name := range names {
		_, has := row[name]
		is = is && has
	}
	if !is || len(row) != len(names) {
		return nil, fmt.Errorf("has something else than %s", strings.Join(names, ", "))
	}
	return row, nil
}

// Text is a field that is text that fits.
func (r Row) Text(name string, fits func(text string) bool) (string, error) {
	found, is := r[name].(string)
	if !is || !fits(found) {
		return "", bad(name)
	}
	return found, nil
}

// WholeNumber is a field that is a whole number from 0 to most.
func (r Row) WholeNumber(name string, most int64) (int64, error) {
	number, is := r[name].(json.Number)
	found, err := strconv.ParseInt(number.String(), 10, 64)
	if !is || !isWhole(number) || err != nil || found < 0 || found > most {
		return 0, bad(name)
	}
	return found, nil
}

// List is a field that is a list; otherwise the error is what.
func (r Row) List(name, what string) ([]any, error) {
	found, is := r[name].([]any)
	if !is {
		return nil, errors.New(what)
	}
	return found, nil
}

func bad(name string) error { return fmt.Errorf("has a bad %s", name) }
