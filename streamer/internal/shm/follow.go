package shm

import (
	"context"
	"os"
	"sync/atomic"

	"petcam/streamer/internal/h264"
)

// follow looks for an access unit, and waits between the looks, until there is one, ctx ends or the reader is closed.
func follow(ctx context.Context, closed *atomic.Bool, look func() (h264.AccessUnit, bool), wait func()) (h264.AccessUnit, error) {
	for {
		if closed.Load() {
			return h264.AccessUnit{}, os.ErrClosed
		}
		if err := ctx.Err(); err != nil {
			return h264.AccessUnit{}, err
		}
		if unit, found := look(); found {
			return unit, nil
		}
		wait()
	}
}
