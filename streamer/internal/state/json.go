package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// errNoJSON says less than Python's parser would, which the log does not repeat either.
var (
	errNoJSON = errors.New("is no JSON in UTF-8")
	// ErrNoText is for what is to be text and is not UTF-8; the log says that it is damaged.
	ErrNoText = errors.New("is not UTF-8")
)

// Object reads one JSON object, strictly: each key once, and spelled as it is (encoding/json takes the last of several
// that are the same but for their case), nothing behind its end, and nothing that only some readers take for text or
// numbers. Numbers are json.Number.
func Object(text []byte) (map[string]any, error) {
	value, err := Value(text)
	if err != nil {
		return nil, err
	}
	object, is := value.(map[string]any)
	if !is {
		return nil, errors.New("is no object")
	}
	return object, nil
}

// Value reads one value of JSON as strictly; objects are map[string]any, lists []any.
func Value(text []byte) (any, error) {
	if !utf8.Valid(text) || !json.Valid(text) {
		return nil, whyNoJSON(text)
	}
	tokens := json.NewDecoder(bytes.NewReader(text))
	tokens.UseNumber()
	value, err := readValue(tokens)
	if err == nil && hasHalfPair(text) {
		return nil, errors.New("has half a character")
	}
	return value, err
}

// whyNoJSON names what only Python takes for JSON, as it does.
func whyNoJSON(text []byte) error {
	outside := regexp.MustCompile(`"(?:[^"\\]|\\.)*"`).ReplaceAll(text, nil)
	if constant := regexp.MustCompile(`-?Infinity|NaN`).Find(outside); constant != nil && utf8.Valid(text) {
		return fmt.Errorf("has %s", constant)
	}
	return errNoJSON
}

// readValue reads the next value of what is valid JSON, so no deeper than that may be.
func readValue(tokens *json.Decoder) (any, error) {
	token, err := tokens.Token()
	if err != nil {
		return nil, errNoJSON
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '{' {
			return readObject(tokens)
		}
		return readList(tokens)
	case json.Number:
		if _, err := token.Float64(); err != nil && !isWhole(token) {
			return nil, errors.New("has a number that is too large")
		}
	}
	return token, nil
}

// isWhole says whether Python would make an int of it, which has no end.
func isWhole(number json.Number) bool { return !strings.ContainsAny(number.String(), ".eE") }

func readObject(tokens *json.Decoder) (any, error) {
	object := map[string]any{}
	for tokens.More() {
		key, err := tokens.Token()
		if err != nil {
			return nil, errNoJSON
		}
		value, err := readValue(tokens)
		if err != nil {
			return nil, err
		}
		name, _ := key.(string)
		if _, twice := object[name]; twice {
			return nil, errors.New("has a key twice")
		}
		object[name] = value
	}
	_, err := tokens.Token() // its end
	return object, err
}

func readList(tokens *json.Decoder) (any, error) {
	list := []any{}
	for tokens.More() {
		value, err := readValue(tokens)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
	_, err := tokens.Token() // its end
	return list, err
}

// hasHalfPair says whether valid JSON has an escape of half a surrogate pair, for which encoding/json puts another
// character.
func hasHalfPair(text []byte) bool {
	for {
		at := bytes.IndexByte(text, '\\')
		if at < 0 {
			return false
		}
		text = text[at:]
		first, is := escaped(text)
		switch {
		case !is:
			text = text[len(`\\`):]
		case !utf16.IsSurrogate(first):
			text = text[len(`\uXXXX`):]
		default:
			text = text[len(`\uXXXX`):]
			second, _ := escaped(text)
			if utf16.DecodeRune(first, second) == utf8.RuneError {
				return true
			}
			text = text[len(`\uXXXX`):]
		}
	}
}

// escaped is the character of the escape \uXXXX that valid JSON goes on with.
func escaped(text []byte) (r rune, is bool) {
	if !bytes.HasPrefix(text, []byte(`\u`)) {
		return 0, false
	}
	code, err := strconv.ParseUint(string(text[2:6]), 16, 16)
	return rune(code), err == nil
}
