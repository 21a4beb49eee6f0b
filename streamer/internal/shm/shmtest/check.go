package shmtest

import (
	"bytes"
	"os"
	"sync"
	"testing"

	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/shm"
)

// IsWhole says whether an access unit's data is the pattern of its frame number from end to end, as Frame makes it.
func IsWhole(unit h264.AccessUnit) bool {
	return bytes.Equal(unit.Data, Frame(unit.FrameNumber, unit.Keyframe, len(unit.Data)-3).Data)
}

// Take is what some looks of a reader give, without waiting.
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
