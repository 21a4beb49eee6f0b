package shmtest

import (
	"context"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
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

// MeasureIdle reports what a reader costs that waits for a record in vain, until its context ends: the share of a core.
func MeasureIdle(b *testing.B, wait func(context.Context)) {
	b.Helper()
	const span = 10 * time.Second
	runtime.GC() // what was done before is not to be in the figure
	time.Sleep(time.Second)
	before := ProcessorTime(b)
	for b.Loop() {
		ctx, cancel := context.WithTimeout(b.Context(), span)
		wait(ctx)
		cancel()
	}
	used := ProcessorTime(b) - before
	b.ReportMetric(100*float64(used)/float64(span)/float64(b.N), "%core")
}
