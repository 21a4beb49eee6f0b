package switches

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"unicode/utf8"
)

const version = "1"

var (
	timeForm = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$`)
	byForm   = regexp.MustCompile(`^[a-z]{1,16}$`)
)

// parseSound reads a file that is wholly as it should be.
func parseSound(text []byte) (turned, error) {
	fields, err := flat(text)
	if err != nil {
		return turned{}, err
	}
	found, err := common(fields)
	if err == nil && len(fields) != 4 {
		err = errors.New("has something else than version, on, since and by")
	}
	return found, err
}

// parseCamera does so, too; until is not for who reads it.
func parseCamera(text []byte) (turned, error) {
	fields, err := flat(text)
	if err != nil {
		return turned{}, err
	}
	found, err := common(fields)
	if err != nil {
		return turned{}, err
	}
	until, isUntil := fields["until"].(string)
	isUntil = isUntil && timeForm.MatchString(until) || fields["until"] == nil
	at, isNumber := fields["at_ns"].(json.Number)
	found.atNS, err = strconv.ParseUint(at.String(), 10, 63)
	if _, has := fields["until"]; !has || len(fields) != 6 || !isUntil || !isNumber || err != nil {
		return turned{}, errors.New("has something else than version, on, since, at_ns, by and until")
	}
	return found, nil
}

// common reads what both have.
func common(fields map[string]any) (turned, error) {
	if number, ok := fields["version"].(json.Number); !ok || number != version {
		return turned{}, fmt.Errorf("is not of version %s", version)
	}
	on, isBool := fields["on"].(bool)
	since, isSince := fields["since"].(string)
	by, isBy := fields["by"].(string)
	if !isBool || !isSince || !isBy || !timeForm.MatchString(since) || !byForm.MatchString(by) {
		return turned{}, errors.New("has a bad on, since or by")
	}
	return turned{on: on}, nil
}

// flat reads one object of scalars, each key once and spelled as it is: encoding/json alone takes the last of several
// that are the same but for their case.
func flat(text []byte) (map[string]any, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("is no UTF-8")
	}
	tokens := json.NewDecoder(bytes.NewReader(text))
	tokens.UseNumber()
	if begin, err := tokens.Token(); err != nil || begin != json.Delim('{') {
		return nil, errors.New("is no JSON object")
	}
	fields := map[string]any{}
	for tokens.More() {
		key, err := tokens.Token()
		if err != nil {
			return nil, err
		}
		value, err := tokens.Token()
		if err != nil {
			return nil, err
		}
		name, _ := key.(string)
		if _, twice := fields[name]; twice {
			return nil, errors.New("has a key twice")
		}
		if _, nested := value.(json.Delim); nested {
			return nil, errors.New("has a bad value")
		}
		fields[name] = value
	}
	if _, err := tokens.Token(); err != nil { // the closing brace
		return nil, err
	}
	if _, err := tokens.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("goes on behind its end")
	}
	return fields, nil
}
