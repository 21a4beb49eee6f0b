package shm

import (
	"runtime"
	"time"
)

// Wakeup wakes a Reader of a process where another Reader waits for the same records in the kernel: the kernel then has
// one thread less to wake for each record. It is for one Reader at a time.
type Wakeup chan struct{}

// NewWakeup makes a Wakeup for WithWakeup.
func NewWakeup() Wakeup { return make(Wakeup, 1) }

// Notify says that there may be a new record, and yields to the Reader that waits: the caller's next sleep is in the
// kernel, which Go takes some 100 µs to notice. It is for any goroutine.
func (w Wakeup) Notify() {
	select {
	case w <- struct{}{}:
		runtime.Gosched()
	default: // notified already, or nobody waits
	}
}

// wait returns after a Notify, or after atMost. The timer is stopped before and after.
func (w Wakeup) wait(timer *time.Timer, atMost time.Duration) {
	timer.Reset(atMost)
	defer timer.Stop()
	select {
	case <-w:
	case <-timer.C:
	}
}
