package recordings

import (
	"math/big"
	"strings"
)

// span is the first and the last byte of a part.
type span struct{ first, last int64 }

// asked is what a Range asks for.
type asked int

const (
	whole asked = iota // the file: there is no Range, or it is one that is not served
	part
	nothing // no byte of it is in the file
)

// maxFigures is of how many figures Python reads a number.
const maxFigures = 4300

// requestedRange reads a Range by RFC 9110, section 14, for a file of so many bytes. Only a single range is served. Several
// ranges, units other than bytes and invalid headers are ignored, as the RFC allows or requires.
func requestedRange(text string, size int64) (span, asked) {
	unit, ranges, found := strings.Cut(text, "=")
	if !found {
		return span{}, whole
	}
	if lower(trim(unit)) == "bytes" && trim(ranges) == "-0" { // the last 0 bytes
		return span{}, nothing
	}
	if lower(strings.Trim(unit, " \t")) != "bytes" || strings.Contains(ranges, ",") {
		return span{}, whole
	}
	first, end, ok := parseRange(strings.Trim(ranges, " \t"), size)
	switch {
	case !ok:
		return span{}, whole
	case first >= size:
		return span{}, nothing
	}
	return span{first, end - 1}, part
}

// parseRange reads FIRST-LAST, FIRST- or -LENGTH, and clips it to the size.
func parseRange(text string, size int64) (first, end int64, ok bool) {
	from, to, found := strings.Cut(text, "-")
	if !found {
		return 0, 0, false
	}
	if text[0] == '-' {
		length, ok := figures(to)
		return size - clipped(length, size), size, ok && length.Sign() > 0
	}
	begin, ok := figures(strings.Trim(from, " \t"))
	if to = strings.Trim(to, " \t"); to == "" || !ok {
		return clipped(begin, size), size, ok
	}
	last, ok := figures(to)
	if !ok || begin.Cmp(last) > 0 {
		return 0, 0, false
	}
	return clipped(begin, size), clipped(last.Add(last, big.NewInt(1)), size), true
}

// figures reads a number of figures alone.
func figures(text string) (*big.Int, bool) {
	if text == "" || len(text) > maxFigures || strings.Trim(text, "0123456789") != "" {
		return new(big.Int), false
	}
	return new(big.Int).SetString(text, 10)
}

func clipped(number *big.Int, most int64) int64 {
	if number.Cmp(big.NewInt(most)) > 0 {
		return most
	}
	return number.Int64()
}

// trim takes away what Python takes for space in a header.
func trim(text string) string {
	return strings.TrimFunc(text, func(r rune) bool { return r <= ' ' && r >= 0x1c || r >= '\t' && r <= '\r' })
}

func lower(text string) string { return strings.ToLower(text) }
