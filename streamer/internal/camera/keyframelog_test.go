package camera

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestMissingKeyframesAreLoggedOnceAndWhenTheyComeAgain(t *testing.T) {
	var text bytes.Buffer
	k := keyframeLog{log: slog.New(slog.NewTextHandler(&text, nil))}
	now := time.Now()
	note := func(seconds int, state string) {
		for range seconds {
			k.note(state, "no keyframe for 12 s", now)
			now = now.Add(time.Second)
		}
	}
	expect := func(lines int, words string) {
		t.Helper()
		if got := strings.Count(text.String(), "\n"); got != lines || !strings.Contains(text.String(), words) {
			t.Errorf("got %d lines, want %d, with %q: %s", got, lines, words, text.String())
		}
	}
	note(20, live)
	expect(0, "")
	for range 5 { // a keyframe each 16 s
		note(4, NoKeyframe)
		note(12, live)
	}
	expect(1, "no keyframe for 12 s")
	note(60, "silent")
	expect(1, "")
	note(20, live)
	expect(2, "again")
	note(20, NoKeyframe)
	expect(3, "")
}
