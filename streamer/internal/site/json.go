package site

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// Object is a JSON object whose members keep their order.
type Object []Member

// Member is one of an Object's.
type Member struct {
	Name  string
	Value any
}

// JSON answers with value as Python's json.dumps writes it (ensure_ascii=False, separators=(",", ":")). It may be of nil,
// bool, string, numbers, Object, map[string]any (sorted), lists of these, and json.RawMessage.
func JSON(w http.ResponseWriter, status int, value any) {
	writeBody(w, status, "application/json", AppendJSON(nil, value))
}

// WriteJSON answers with what is JSON already.
func WriteJSON(w http.ResponseWriter, status int, body []byte) {
	writeBody(w, status, "application/json", body)
}

// AppendJSON is what JSON writes. What it cannot write is a defect.
func AppendJSON(to []byte, value any) []byte {
	switch value := value.(type) {
	case nil:
		return append(to, "null"...)
	case bool:
		return strconv.AppendBool(to, value)
	case string:
		return appendText(to, value, false)
	case int:
		return strconv.AppendInt(to, int64(value), 10)
	case int64:
		return strconv.AppendInt(to, value, 10)
	case uint64:
		return strconv.AppendUint(to, value, 10)
	case float64:
		return appendFloat(to, value)
	case json.Number:
		return append(to, value...)
	case json.RawMessage:
		return append(to, value...)
	case Object:
		return appendObject(to, value)
	case map[string]any:
		return appendObject(to, sorted(value))
	case []any:
		return appendList(to, value)
	case []string:
		return appendList(to, value)
	case []int64:
		return appendList(to, value)
	case []float64:
		return appendList(to, value)
	case []Object:
		return appendList(to, value)
	}
	panic(fmt.Sprintf("site: no JSON of a %T", value))
}

func sorted(object map[string]any) (all Object) {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		all = append(all, Member{name, object[name]})
	}
	return all
}

func appendObject(to []byte, object Object) []byte {
	to = append(to, '{')
	for at, member := range object {
		if at > 0 {
			to = append(to, ',')
		}
		to = append(appendText(to, member.Name, false), ':')
		to = AppendJSON(to, member.Value)
	}
	return append(to, '}')
}

func appendList[T any](to []byte, list []T) []byte {
	to = append(to, '[')
	for at, each := range list {
		if at > 0 {
			to = append(to, ',')
		}
		to = AppendJSON(to, each)
	}
	return append(to, ']')
}

// AppendASCII appends text as a JSON string in which all that is not ASCII is escaped, as Python's json does by itself.
func AppendASCII(to []byte, text string) []byte { return appendText(to, text, true) }

// appendText escapes what JSON requires, and where only ASCII may be written all else.
func appendText(to []byte, text string, ascii bool) []byte {
	to = append(to, '"')
	for _, r := range text {
		switch at := strings.IndexRune("\"\\\n\r\t\f\b", r); {
		case at >= 0:
			to = append(to, '\\', `"\nrtfb`[at])
		case r < ' ' || ascii && r > 0x7e && r <= 0xffff:
			to = fmt.Appendf(to, `\u%04x`, r)
		case ascii && r > 0xffff:
			high, low := utf16.EncodeRune(r)
			to = fmt.Appendf(to, `\u%04x\u%04x`, high, low)
		default:
			to = append(to, string(r)...)
		}
	}
	return append(to, '"')
}

// appendFloat writes the fewest digits that mean the number, as Python's repr does.
func appendFloat(to []byte, number float64) []byte {
	size := math.Abs(number)
	switch {
	case math.IsNaN(number):
		return append(to, "NaN"...)
	case math.IsInf(number, 1):
		return append(to, "Infinity"...)
	case math.IsInf(number, -1):
		return append(to, "-Infinity"...)
	case number != 0 && (size < 1e-4 || size >= 1e16):
		return strconv.AppendFloat(to, number, 'e', -1, 64)
	case number == math.Trunc(number):
		return strconv.AppendFloat(to, number, 'f', 1, 64)
	}
	return strconv.AppendFloat(to, number, 'f', -1, 64)
}
