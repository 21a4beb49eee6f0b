package place

import (
	"context"
	"time"

	"golang.org/x/sys/unix"
)

// watchInterval is how soon it is noticed that a disk came or went.
const watchInterval = 2 * time.Second

// Watch calls look, which says whether the disk is missing: at once, after anything was mounted or unmounted, and again and
// again while it is missing, until ctx ends. A disk that is there is left alone, so that it may sleep.
func (p *Place) Watch(ctx context.Context, look func() (missing bool)) {
	if p == nil {
		return
	}
	table, err := openTable()
	if err == nil {
		defer unix.Close(table)
	}
	ticker := time.NewTicker(watchInterval)
	defer ticker.Stop()
	for missing := true; ; {
		if err != nil || changed(table) || missing {
			missing = look()
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// openTable opens mountinfo for changed. os.Open would let Go's poller have it, which then takes what changed looks for.
func openTable() (descriptor int, err error) {
	return unix.Open(mountInfo, unix.O_RDONLY|unix.O_CLOEXEC, 0)
}

// changed says whether the mounts are others than when it was last asked: proc(5).
func changed(table int) bool {
	ask := []unix.PollFd{{Fd: int32(table), Events: unix.POLLPRI}}
	ready, err := unix.Poll(ask, 0)
	return err != nil || ready > 0
}
