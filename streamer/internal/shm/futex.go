package shm

import (
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// futexWait is FUTEX_WAIT without FUTEX_PRIVATE_FLAG: the word is shared between processes.
const futexWait = 0

// waitFutex sleeps while *word is seen, until somebody wakes it or the time is over; it may also return early
// without a reason. It works on a read-only mapping. The sleep cannot be interrupted, so keep it short.
func waitFutex(word *uint32, seen uint32, atMost time.Duration) {
	timeout := unix.NsecToTimespec(int64(atMost))
	// EAGAIN (the word has changed), ETIMEDOUT and EINTR all mean to the caller: look again.
	_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWait, uintptr(seen),
		uintptr(unsafe.Pointer(&timeout)), 0, 0)
}
