package shmtest

import (
	"bytes"
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/shm"
)

// IsWhole says whether an access unit's data is the pattern of its frame number from end to end, as Frame makes it.
func IsWhole(unit h264.AccessUnit) bool {
	return bytes.Equal(unit.Data, Frame(unit.FrameNumber, unit.Keyframe, len(unit.Data)-3).Data)
}

// Next waits for the reader's next access unit, and fails the test where none comes.
func Next(t testing.TB, reader *shm.Reader) h264.AccessUnit {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	unit, err := reader.Next(ctx)
	if err != nil {
		t.Fatalf("Next: %v", err)
	}
	return unit
}

// Take is the access units that a reader returns when polled some times.
func Take(reader *shm.Reader, looks int) (units []h264.AccessUnit) {
	for range looks {
		if unit, found := reader.Poll(); found {
			units = append(units, unit)
		}
	}
	return units
}

// OpenFiles counts the files that this process has open.
func OpenFiles(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// Log keeps what a handler of slog writes, a line each.
type Log struct {
	mutex sync.Mutex // guards lines
	lines []string
}

func (l *Log) Write(line []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.lines = append(l.lines, string(line))
	return len(line), nil
}

// Lines are those that were written so far.
func (l *Log) Lines() []string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.lines
}
