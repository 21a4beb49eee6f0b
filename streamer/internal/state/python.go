package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// shortEscapes are the characters that Python's json escapes by a letter of their own.
var shortEscapes = map[rune]string{
	'"': `\"`, '\\': `\\`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\f': `\f`, '\b': `\b`,
}

// python writes values as Python's json.dumps does.
type python struct {
	text func(to []byte, text string) []byte // appends a string
}

var (
	asciiJSON = python{appendText}      // json.dumps(value)
	plainJSON = python{appendPlainText} // json.dumps(value, ensure_ascii=False)
)

// appendPython appends a value that Object has read as Python's json.dumps(value, sort_keys=True) writes it.
func appendPython(to []byte, value any) ([]byte, error) { return asciiJSON.append(to, value) }

func (p python) append(to []byte, value any) ([]byte, error) {
	switch value := value.(type) {
	case nil:
		return append(to, "null"...), nil
	case bool:
		return strconv.AppendBool(to, value), nil
	case int64:
		return strconv.AppendInt(to, value, 10), nil
	case string:
		return p.text(to, value), nil
	case json.Number:
		return appendNumber(to, value.String())
	case []any:
		return p.appendList(to, value)
	case map[string]any:
		return p.appendFields(to, sorted(value))
	case Fields:
		return p.appendFields(to, value)
	}
	return nil, fmt.Errorf("has a %T", value)
}

func (p python) appendList(to []byte, list []any) (_ []byte, err error) {
	to = append(to, '[')
	for i, value := range list {
		if i > 0 {
			to = append(to, ", "...)
		}
		if to, err = p.append(to, value); err != nil {
			return nil, err
		}
	}
	return append(to, ']'), nil
}

func (p python) appendFields(to []byte, fields Fields) (_ []byte, err error) {
	to = append(to, '{')
	for i, each := range fields {
		if i > 0 {
			to = append(to, ", "...)
		}
		to = append(p.text(to, each.Name), ": "...)
		if to, err = p.append(to, each.Value); err != nil {
			return nil, err
		}
	}
	return append(to, '}'), nil
}

// appendText appends ASCII alone.
func appendText(to []byte, text string) []byte {
	to = append(to, '"')
	for _, r := range text {
		short, is := shortEscapes[r]
		switch {
		case is:
			to = append(to, short...)
		case ' ' <= r && r <= '~':
			to = append(to, byte(r))
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			to = fmt.Appendf(to, `\u%04x\u%04x`, high, low)
		default:
			to = fmt.Appendf(to, `\u%04x`, r)
		}
	}
	return append(to, '"')
}

// appendPlainText escapes only what JSON wants escaped.
func appendPlainText(to []byte, text string) []byte {
	to = append(to, '"')
	for _, r := range text {
		short, is := shortEscapes[r]
		switch {
		case is:
			to = append(to, short...)
		case r < ' ':
			to = fmt.Appendf(to, `\u%04x`, r)
		default:
			to = utf8.AppendRune(to, r)
		}
	}
	return append(to, '"')
}

// appendNumber appends a whole number as it is, and any other as Python's repr does: the fewest digits that mean the same
// float, with an exponent where that is below -4 or above 15.
func appendNumber(to []byte, text string) ([]byte, error) {
	if isWhole(json.Number(text)) {
		if text == "-0" {
			text = "0"
		}
		return append(to, text...), nil
	}
	number, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, errors.New("has a number that is too large")
	}
	if size := math.Abs(number); number != 0 && (size < 1e-4 || size >= 1e16) {
		return strconv.AppendFloat(to, number, 'e', -1, 64), nil
	}
	before := len(to)
	to = strconv.AppendFloat(to, number, 'f', -1, 64)
	if !strings.Contains(string(to[before:]), ".") {
		to = append(to, ".0"...)
	}
	return to, nil
}
