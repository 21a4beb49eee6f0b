package record

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"petcam/streamer/internal/mp4"
)

// system is the part of the machine that tests replace.
type system struct {
	now         func() (wall time.Time, monotonicNS uint64)
	durable     func(*os.File) mp4.File // whose Sync makes data and size durable
	syncEvery   time.Duration           // how often that happens to a growing file
	idleLimit   time.Duration           // how long a file stays open without a frame
	stopTimeout time.Duration           // how long Stop waits for the first frame that no longer belongs to the recording
}

func realSystem() system {
	return system{
		now:         bothClocks,
		durable:     func(f *os.File) mp4.File { return diskFile{f} },
		syncEvery:   750 * time.Millisecond,    // and what it takes: nothing is older than a second
		idleLimit:   maxFrameGap + time.Second, // the longest gap within a file, and some delay of delivery
		stopTimeout: time.Second / 2,
	}
}

// bothClocks reads the wall clock and CLOCK_MONOTONIC, which captures are stamped with.
func bothClocks() (time.Time, uint64) {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) // cannot fail on Linux
	return time.Now(), uint64(t.Nano())
}

// diskFile is a file whose Sync leaves out times, which nobody needs after a power cut.
type diskFile struct{ *os.File }

func (f diskFile) Sync() error {
	for {
		if err := syscall.Fdatasync(int(f.Fd())); err != syscall.EINTR {
			return err
		}
	}
}
