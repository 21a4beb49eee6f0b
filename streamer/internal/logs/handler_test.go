package logs

import (
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// testLog is a log on a clock that a test sets.
type testLog struct {
	*slog.Logger
	now  time.Time
	text strings.Builder
}

func newTestLog() *testLog {
	l := &testLog{now: time.Unix(1, 0)}
	l.Logger = slog.New(newHandler(&l.text, func() time.Time { return l.now }))
	return l
}

// written gives the lines since it was last called.
func (l *testLog) written() []string {
	lines := strings.Split(l.text.String(), "\n")
	l.text.Reset()
	return lines[:len(lines)-1]
}

func TestForeignTextStaysOneLineOfPrintableCharacters(t *testing.T) {
	l := newTestLog()
	for _, foreign := range []string{"a\nlevel=ERROR msg=forged", "\x1b[2J", "\r", "\u202e\u0085\u2028", "\xff\x00", `" x="y`} {
		l.With("with", foreign).WithGroup("g").Warn(foreign, "key", foreign, foreign, "value")
		got := l.written()
		if len(got) != 1 || strings.ContainsFunc(got[0], func(r rune) bool { return r < ' ' || r == 0x7f || r == '\u202e' || r == '\u0085' }) {
			t.Errorf("%q: %q", foreign, got)
		}
	}
}

func TestLongLinesAreCut(t *testing.T) {
	l := newTestLog()
	l.Warn("long", "value", strings.Repeat("カ", 16<<10))
	got := l.written()
	if len(got) != 1 || len(got[0]) > maxLineBytes+5 || !strings.HasSuffix(got[0], " …") || !utf8.ValidString(got[0]) {
		t.Errorf("%d lines, the first of %d bytes", len(got), len(got[0]))
	}
}

func TestLinesOfAPlaceAreBoundedAndTheNextSaysHowManyWereLeftOut(t *testing.T) {
	l := newTestLog()
	for _, n := range []int{1000, 10} { // one place, which a function might not be: it could be inlined twice
		for range n {
			l.With("viewer", n).Warn("flood")
		}
		got := l.written()
		if n == 1000 && len(got) != linesOfPlace {
			t.Errorf("%d lines", len(got))
		}
		if n == 10 && (len(got) != 1 || !strings.Contains(got[0], "(950 like this left out) flood")) {
			t.Errorf("%q", got)
		}
		l.Warn("another place")
		if got := l.written(); len(got) != 1 {
			t.Errorf("the other place has %d lines", len(got))
		}
		l.now = l.now.Add(timePerLineOfPlace)
	}
}

func TestLinesOfAllPlacesAreBounded(t *testing.T) {
	l := newTestLog()
	for range 40 {
		l.Warn("one")
		l.Warn("two")
		l.Warn("three")
	}
	if got := l.written(); len(got) != lines {
		t.Errorf("%d lines", len(got))
	}
	l.now = l.now.Add(3 * timePerLine)
	for range 40 {
		l.Warn("four")
	}
	if got := l.written(); len(got) != 3 {
		t.Errorf("%d lines", len(got))
	}
}
