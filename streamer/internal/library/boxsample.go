package library

import (
	"bytes"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	maxSample      = 16 << 10 // bytes
	maxSampleBoxes = 64
	maxClassName   = 64      // characters; petcam's have 32 bytes
	maxPixels      = 1 << 20 // by which a corner may be off
)

// Box is something that the detector found.
type Box struct {
	Class      string
	Score      float64 // from 0 to 1
	Whole      bool    // it is written without a point
	X, Y, W, H int32   // whole pixels of the video's picture
}

// parseSample reads what one sample of a recording's boxes says (docs/recordings.md, Boxes). A file is whatever somebody
// put there: what is not of that form is none. It holds for JSON as Python reads it, and allocates nothing for what else
// may be in it. Each class is once in memory, by names.
func parseSample(text []byte, names map[string]string) (boxes []Box, ok bool) {
	if !utf8.Valid(text) {
		return nil, false
	}
	s := scanner{rest: text, names: names}
	ok = s.list(func() bool {
		box, ok := s.box()
		boxes = append(boxes, box)
		return ok && len(boxes) <= maxSampleBoxes
	})
	s.skipSpace()
	if !ok || len(s.rest) > 0 {
		return nil, false
	}
	return boxes, true
}

// scanner reads JSON from the left.
type scanner struct {
	rest  []byte
	names map[string]string
}

func (s *scanner) skipSpace() { s.rest = bytes.TrimLeft(s.rest, " \t\n\r") }

// take takes a character, and the space before it.
func (s *scanner) take(c byte) bool {
	s.skipSpace()
	if len(s.rest) == 0 || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// list reads a list, each element of which next reads.
func (s *scanner) list(next func() bool) bool {
	if !s.take('[') {
		return false
	}
	if s.take(']') {
		return true
	}
	for next() {
		if s.take(']') {
			return true
		}
		if !s.take(',') {
			return false
		}
	}
	return false
}

func (s *scanner) box() (b Box, ok bool) {
	sides := []*int32{&b.X, &b.Y, &b.W, &b.H}
	at := 0
	ok = s.list(func() (ok bool) {
		switch at {
		case 0:
			b.Class, ok = s.name()
		case 1:
			b.Score, b.Whole, ok = s.score()
		case 2, 3, 4, 5:
			*sides[at-2], ok = s.pixels()
		}
		at++
		return ok
	})
	return b, ok && at == 6
}

func (s *scanner) score() (score float64, isWhole, ok bool) {
	text, isWhole := s.number()
	score, err := strconv.ParseFloat(text, 64)
	if isWhole && score == 0 {
		score = 0 // there is no -0 of whole numbers
	}
	return score, isWhole, err == nil && score >= 0 && score <= 1
}

func (s *scanner) pixels() (int32, bool) {
	text, isWhole := s.number()
	pixels, err := strconv.ParseInt(text, 10, 32)
	return int32(pixels), isWhole && err == nil && pixels >= -maxPixels && pixels <= maxPixels
}

// number reads one; empty: there is none. It is whole without a point and an exponent.
func (s *scanner) number() (text string, isWhole bool) {
	s.skipSpace()
	at := 0
	digits := func() bool {
		begin := at
		for at < len(s.rest) && s.rest[at] >= '0' && s.rest[at] <= '9' {
			at++
		}
		return at > begin
	}
	is := func(any string) bool { return at < len(s.rest) && bytes.IndexByte([]byte(any), s.rest[at]) >= 0 }
	if is("-") {
		at++
	}
	if is("0") {
		at++
	} else if !digits() {
		return "", false
	}
	isWhole = true
	if is(".") {
		isWhole = false
		at++
		if !digits() {
			return "", false
		}
	}
	if is("eE") {
		isWhole = false
		at++
		if is("+-") {
			at++
		}
		if !digits() {
			return "", false
		}
	}
	text, s.rest = string(s.rest[:at]), s.rest[at:]
	return text, isWhole
}

// name reads a string of not too many characters. Half of a surrogate pair is none, as no answer can hold it.
func (s *scanner) name() (string, bool) {
	if !s.take('"') {
		return "", false
	}
	name := make([]byte, 0, maxClassName)
	for count := 0; len(s.rest) > 0; count++ {
		switch c := s.rest[0]; {
		case c == '"':
			s.rest = s.rest[1:]
			return s.intern(name), count <= maxClassName
		case c < ' ' || count == maxClassName:
			return "", false
		case c == '\\':
			r, ok := s.escape()
			if !ok {
				return "", false
			}
			name = utf8.AppendRune(name, r)
		default:
			_, size := utf8.DecodeRune(s.rest)
			name, s.rest = append(name, s.rest[:size]...), s.rest[size:]
		}
	}
	return "", false
}

func (s *scanner) intern(name []byte) string {
	known, is := s.names[string(name)]
	if !is {
		known = string(name)
		s.names[known] = known
	}
	return known
}

// escape reads a character behind a backslash.
func (s *scanner) escape() (rune, bool) {
	if len(s.rest) < 2 {
		return 0, false
	}
	const short, means = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if s.rest[1] != 'u' {
		at := bytes.IndexByte([]byte(short), s.rest[1])
		if at < 0 {
			return 0, false
		}
		s.rest = s.rest[2:]
		return rune(means[at]), true
	}
	first, ok := s.unit()
	if !ok || !utf16.IsSurrogate(first) {
		return first, ok
	}
	second, ok := s.unit()
	if r := utf16.DecodeRune(first, second); ok && r != utf8.RuneError {
		return r, true
	}
	return 0, false
}

// unit reads \uXXXX.
func (s *scanner) unit() (rune, bool) {
	if len(s.rest) < 6 || s.rest[0] != '\\' || s.rest[1] != 'u' {
		return 0, false
	}
	number, err := strconv.ParseUint(string(s.rest[2:6]), 16, 16)
	s.rest = s.rest[6:]
	return rune(number), err == nil
}
