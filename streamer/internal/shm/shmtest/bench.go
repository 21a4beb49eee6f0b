package shmtest

import (
	"context"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/shm"
)

// ProcessorTime is what this process has used so far.
func ProcessorTime(b *testing.B) time.Duration {
	b.Helper()
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// MeasureIdle reports what a reader costs that waits for a record in vain: the share of a core.
func MeasureIdle(b *testing.B, reader *shm.Reader) {
	b.Helper()
	const wait = 10 * time.Second
	runtime.GC() // what was done before is not to be in the figure
	time.Sleep(time.Second)
	before := ProcessorTime(b)
	for b.Loop() {
		ctx, cancel := context.WithTimeout(b.Context(), wait)
		_, _ = reader.Next(ctx)
		cancel()
	}
	used := ProcessorTime(b) - before
	b.ReportMetric(100*float64(used)/float64(wait)/float64(b.N), "%core")
}
