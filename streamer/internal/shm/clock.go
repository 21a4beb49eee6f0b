package shm

import (
	"time"

	"golang.org/x/sys/unix"
)

// Now is the contract's clock: nanoseconds of CLOCK_MONOTONIC.
func Now() uint64 {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) // cannot fail with this clock
	return uint64(now.Nano())
}

// Sleep sleeps, or less when a signal comes. In an idle process it costs half of what time.Sleep does, whose timer wakes
// the runtime's other threads too. It cannot be interrupted, so keep it short.
func Sleep(atMost time.Duration) {
	span := unix.NsecToTimespec(int64(atMost))
	_ = unix.Nanosleep(&span, nil)
}
