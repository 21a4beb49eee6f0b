package record

import (
	"sync/atomic"
	"syscall"
	"time"
)

// Totals are what all recordings since the start of the program came to.
type Totals struct {
	Frames   int
	Bytes    int64
	Seconds  float64
	Dropped  uint64        // frames that the camera delivered and no file has
	Syncs    uint64        // how often growing files were made durable
	SyncTime time.Duration // what that took
	Free     int64         // bytes of the recordings' disk that are free now; -1 where that is not known
}

// meters count what is measured off the path of the frames' state.
type meters struct {
	dropped atomic.Uint64
	syncs   atomic.Uint64
	syncNS  atomic.Int64
}

// timed runs a sync and counts it.
func (m *meters) timed(sync func() error) error {
	began := time.Now()
	err := sync()
	m.syncs.Add(1)
	m.syncNS.Add(int64(time.Since(began)))
	return err
}

// add counts a file in.
func (t *Totals) add(s Status) {
	t.Frames += s.FrameCount
	t.Bytes += s.BytesWritten
	t.Seconds += s.Duration
}

// Totals returns them as they are at this moment.
func (r *Recorder) Totals() Totals {
	r.mu.Lock()
	t := r.finished
	t.add(r.growing)
	r.mu.Unlock()
	t.Dropped = r.meters.dropped.Load()
	t.Syncs, t.SyncTime = r.meters.syncs.Load(), time.Duration(r.meters.syncNS.Load())
	t.Free = -1
	var disk syscall.Statfs_t
	if err := syscall.Statfs(r.options.Directory, &disk); err == nil {
		t.Free = int64(disk.Bavail) * disk.Bsize
	}
	return t
}
