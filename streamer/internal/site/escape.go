package site

import (
	"strings"
	"unicode/utf8"
)

const hexDigits = "0123456789ABCDEF"

// unreserved are, besides letters and digits, never escaped.
const unreserved = "_.-~"

// safeInPath and safeInQuery are what stays as it is in an address that may be escaped already.
const (
	safeInPath     = "%!$&'()*+,/:;=@"
	safeInQuery    = "%!$&'()*+,/:;=?@"
	safeInFragment = "%!#$&'()*+,/:;=?@"
)

// quote escapes the bytes of text that are neither unreserved nor in safe.
func quote(text, safe string) string {
	var out strings.Builder
	for i := range len(text) {
		c := text[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
			strings.IndexByte(unreserved, c) >= 0 || strings.IndexByte(safe, c) >= 0 {
			out.WriteByte(c)
		} else {
			out.Write([]byte{'%', hexDigits[c>>4], hexDigits[c&15]})
		}
	}
	return out.String()
}

// quotePlus is quote for a form, where a space is a plus.
func quotePlus(text, safe string) string {
	return strings.ReplaceAll(quote(text, safe+" "), " ", "+")
}

// unescape gives the bytes that text means. An escape that is none stays as it is.
func unescape(text string) string {
	if !strings.Contains(text, "%") {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			high, low := hexValue(text[i+1]), hexValue(text[i+2])
			if high >= 0 && low >= 0 {
				out = append(out, byte(high<<4|low))
				i += 2
				continue
			}
		}
		out = append(out, text[i])
	}
	return string(out)
}

func hexValue(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// replaced and escaped are what decode may put for bytes that are no UTF-8.
func replaced(string) string    { return "\uFFFD" }
func escaped(bad string) string { return quote(bad, "") }

// decode gives text with instead in place of what is no UTF-8, each time of as many bytes as Python takes together.
func decode(text string, instead func(bad string) string) string {
	if utf8.ValidString(text) {
		return text
	}
	var out strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && size == 1 {
			size = badLength(text)
			out.WriteString(instead(text[:size]))
		} else {
			out.WriteString(text[:size])
		}
		text = text[size:]
	}
	return out.String()
}

// badLength is how many bytes of a text that begins with no character might have been the beginning of one.
func badLength(text string) int {
	low, high, more := byte(0x80), byte(0xBF), 0
	switch lead := text[0]; {
	case 0xC2 <= lead && lead <= 0xDF:
		more = 1
	case 0xE0 <= lead && lead <= 0xEF:
		more = 2
	case 0xF0 <= lead && lead <= 0xF4:
		more = 3
	}
	switch text[0] {
	case 0xE0:
		low = 0xA0
	case 0xED:
		high = 0x9F
	case 0xF0:
		low = 0x90
	case 0xF4:
		high = 0x8F
	}
	size := 1
	for ; size <= more && size < len(text) && low <= text[size] && text[size] <= high; size++ {
		low, high = 0x80, 0xBF
	}
	return size
}

// pair is a name of a query or a form with its value.
type pair struct{ name, value string }

// parsePairs reads a query or a form.
func parsePairs(text string, instead func(string) string) (all []pair) {
	for _, each := range strings.Split(text, "&") {
		if each == "" {
			continue
		}
		name, value, _ := strings.Cut(each, "=")
		all = append(all, pair{plain(name, instead), plain(value, instead)})
	}
	return all
}

func plain(text string, instead func(string) string) string {
	return decode(unescape(strings.ReplaceAll(text, "+", " ")), instead)
}

// writePairs is the opposite of parsePairs.
func writePairs(pairs []pair, safe string) string {
	all := make([]string, len(pairs))
	for at, each := range pairs {
		all[at] = quotePlus(each.name, safe) + "=" + quotePlus(each.value, safe)
	}
	return strings.Join(all, "&")
}

// asAddress escapes what cannot be in a header's address; what is escaped stays so.
func asAddress(address string) string {
	rest, fragment, _ := strings.Cut(address, "#")
	path, query, _ := strings.Cut(rest, "?")
	address = quote(path, safeInPath)
	if query != "" {
		address += "?" + quote(query, safeInQuery)
	}
	if fragment != "" {
		address += "#" + quote(fragment, safeInFragment)
	}
	return address
}
