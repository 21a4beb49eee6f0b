package shm

import "golang.org/x/sys/unix"

// Now is the contract's clock: nanoseconds of CLOCK_MONOTONIC.
func Now() uint64 {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) // cannot fail with this clock
	return uint64(now.Nano())
}
