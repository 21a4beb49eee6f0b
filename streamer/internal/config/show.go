package config

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// showAtMost bounds a value in a message, in characters.
const showAtMost = 60

// show writes a value as Python's repr does, so that both services complain in the same words.
func show(value any) string {
	var s shower
	s.value(value)
	if !s.full() {
		return s.String()
	}
	return string([]rune(s.String())[:showAtMost-3]) + "..."
}

// plain is show, but for a text without its quotes.
func plain(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	return show(value)
}

// shower stops once it has more than is shown: aliases can make a small file a huge value.
type shower struct{ strings.Builder }

func (s *shower) full() bool {
	return s.Len() > showAtMost && utf8.RuneCountInString(s.String()) > showAtMost
}

func (s *shower) value(value any) {
	switch v := value.(type) {
	case nil:
		s.WriteString("None")
	case bool:
		s.WriteString(map[bool]string{true: "True", false: "False"}[v])
	case *big.Int:
		s.WriteString(v.String())
	case float64:
		s.WriteString(showFloat(v))
	case string:
		s.WriteString(showText(v))
	case other:
		s.WriteString(string(v))
	case []any:
		s.list(v)
	case *mapping:
		s.mapping(v)
	}
}

func (s *shower) list(items []any) {
	s.WriteByte('[')
	for i, item := range items {
		if s.full() {
			return
		}
		if i > 0 {
			s.WriteString(", ")
		}
		s.value(item)
	}
	s.WriteByte(']')
}

func (s *shower) mapping(m *mapping) {
	s.WriteByte('{')
	for i, key := range m.keys {
		if s.full() {
			return
		}
		if i > 0 {
			s.WriteString(", ")
		}
		s.value(key)
		s.WriteString(": ")
		s.value(m.values[show(key)])
	}
	s.WriteByte('}')
}

func showFloat(value float64) string {
	switch size := math.Abs(value); {
	case math.IsInf(value, 0), math.IsNaN(value):
		return strings.ToLower(strings.TrimPrefix(fmt.Sprint(value), "+"))
	case size != 0 && (size < 1e-4 || size >= 1e16):
		return strconv.FormatFloat(value, 'e', -1, 64)
	}
	text := strconv.FormatFloat(value, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

func showText(text string) string {
	quote := '\''
	if strings.Contains(text, "'") && !strings.Contains(text, `"`) {
		quote = '"'
	}
	var out strings.Builder
	out.WriteRune(quote)
	for _, r := range text {
		out.WriteString(showRune(r, quote))
	}
	out.WriteRune(quote)
	return out.String()
}

func showRune(r, quote rune) string {
	switch {
	case r == quote || r == '\\':
		return `\` + string(r)
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case unicode.IsPrint(r):
		return string(r)
	case r < 0x100:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	default:
		return fmt.Sprintf(`\U%08x`, r)
	}
}
