// Package recordname knows the names of recordings, as docs/recordings.md specifies them:
// petcam_YYYYMMDD-HHMMSS[_LABEL][~KIND][-N].mp4. It imports nothing of the streamer.
package recordname

import (
	"strconv"
	"strings"
	"time"
)

const (
	// Prefix begins each name.
	Prefix = "petcam_"
	// PartSuffix is behind the name of one that grows, or that a crash left.
	PartSuffix = ".part"
	// PinSuffix is behind the name of the empty file that pins one.
	PinSuffix = ".pin"

	ending    = ".mp4"
	timeForm  = "20060102-150405"
	maxLabel  = 64
	maxDigits = 9 // of a number
)

// Key is what a name says; Number tells apart those of one second.
type Key struct {
	Start  int64 // as YYYYMMDDHHMMSS, in local time
	Number int32 // from 1
	Name   string
}

// KeyOf reads a name; false: it is no recording's.
func KeyOf(name string) (Key, bool) {
	start, number, ok := read(name)
	if !ok || !isDay(start) {
		return Key{}, false
	}
	return Key{start, number, name}, true
}

// IsName says whether a name has the form of a recording's. Its month may have no such day.
func IsName(name string) bool {
	_, _, ok := read(name)
	return ok
}

func read(name string) (start int64, number int32, ok bool) {
	rest, begins := strings.CutPrefix(name, Prefix)
	rest, ends := strings.CutSuffix(rest, ending)
	if !begins || !ends || len(rest) < len(timeForm) {
		return 0, 0, false
	}
	if start, ok = readTime(rest[:len(timeForm)]); !ok {
		return 0, 0, false
	}
	number, ok = readMiddle(rest[len(timeForm):])
	return start, number, ok
}

// readTime reads YYYYMMDD-HHMMSS.
func readTime(text string) (start int64, ok bool) {
	if text[8] != '-' || !areDigits(text[:8]) || !areDigits(text[9:]) {
		return 0, false
	}
	date, clock := digits(text[:8]), digits(text[9:])
	year, month, day := date/10_000, date/100%100, date%100
	ok = year >= 1000 && year < 3000 && month >= 1 && month <= 12 && day >= 1 && day <= 31 &&
		clock/10_000 <= 23 && clock/100%100 <= 59 && clock%100 <= 59
	return date*1_000_000 + clock, ok
}

// isDay says whether the month has that day.
func isDay(start int64) bool {
	date := start / 1_000_000
	day := int(date % 100)
	if day <= 28 {
		return true
	}
	return time.Date(int(date/10_000), time.Month(date/100%100), day, 0, 0, 0, 0, time.UTC).Day() == day
}

// readMiddle reads what is between the time and the end: [_LABEL][~KIND][-N].
func readMiddle(text string) (number int32, ok bool) {
	label, kind, marked := strings.Cut(text, kindMark)
	if marked {
		rest, known := strings.CutPrefix(kind, string(Visit))
		if !known {
			rest, known = strings.CutPrefix(kind, string(Always))
		}
		number, ok = readNumber(rest)
		return number, known && ok && (label == "" || isLabel(label))
	}
	if !strings.HasPrefix(text, "_") {
		return readNumber(text)
	}
	if at := strings.LastIndexByte(text, '-'); at > 1 { // a label has one character at least
		if number, ok = readNumber(text[at:]); ok {
			return number, isLabel(text[:at])
		}
	}
	return 1, isLabel(text)
}

// isLabel looks at a label with the _ before it.
func isLabel(text string) bool {
	label, begins := strings.CutPrefix(text, "_")
	if !begins || label == "" || len(label) > maxLabel {
		return false
	}
	for _, c := range []byte(label) {
		isLetter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !isLetter && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

// readNumber reads -N; where there is none it is 1.
func readNumber(text string) (number int32, ok bool) {
	if text == "" {
		return 1, true
	}
	figures, begins := strings.CutPrefix(text, "-")
	if !begins || len(figures) > maxDigits || !areDigits(figures) {
		return 0, false
	}
	return int32(digits(figures)), true
}

func areDigits(text string) bool {
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return text != ""
}

// digits is the number that so many digits say; they have been looked at.
func digits(text string) int64 {
	number, _ := strconv.ParseInt(text, 10, 64)
	return number
}
