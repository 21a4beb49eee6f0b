package shm

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// bell is the page of a segment in which its futex word stands, mapped to sleep on. Only the kernel looks at it: where
// its writer truncates the segment, that is an error, not a fault.
type bell struct {
	page  []byte // nil: none is mapped
	epoch uint64 // of its segment
}

// wait sleeps while the word of the segment is seen, MaxSleep at most.
func (b *bell) wait(fd int, epoch uint64, seen uint32) {
	if b.page == nil || b.epoch != epoch {
		b.close()
		page, err := unix.Mmap(fd, 0, HeaderSize, unix.PROT_READ, unix.MAP_SHARED)
		if err != nil {
			Sleep(MaxSleep)
			return
		}
		b.page, b.epoch = page, epoch
	}
	waitFutex((*uint32)(unsafe.Pointer(&b.page[OffsetNews])), seen, MaxSleep)
}

func (b *bell) close() {
	if b.page != nil {
		_ = unix.Munmap(b.page)
		b.page = nil
	}
}
