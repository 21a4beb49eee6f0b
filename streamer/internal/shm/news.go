package shm

import (
	"runtime"
	"time"
)

// News wakes a reader of the process in which another one sleeps in the kernel: one thread less to be woken for each
// record. It is for one reader at a time.
type News chan struct{}

// NewNews makes news that nobody has told yet.
func NewNews() News { return make(News, 1) }

// Tell says that there may be a new record, and lets the one who waits for that go first: its caller will sleep in the
// kernel, which Go takes some 100 µs to notice. It is for any goroutine.
func (n News) Tell() {
	select {
	case n <- struct{}{}:
		runtime.Gosched()
	default: // told already, nobody listens
	}
}

// wait returns when there is news, or after atMost. The timer is stopped, and so it is left.
func (n News) wait(timer *time.Timer, atMost time.Duration) {
	timer.Reset(atMost)
	defer timer.Stop()
	select {
	case <-n:
	case <-timer.C:
	}
}
