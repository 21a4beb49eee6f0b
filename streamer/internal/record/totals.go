package record

import (
	"sync/atomic"
	"syscall"
	"time"
)

// Totals are the sums of all recordings since the start of the program.
type Totals struct {
	Frames   int
	Bytes    int64
	Seconds  float64
	Dropped  uint64        // frames that the camera delivered and that are in no file
	Syncs    uint64        // how often growing files were made durable
	SyncTime time.Duration // what that took
	Free     int64         // bytes of the recordings' disk that are free now; -1 where that is not known
}

// counters are those that are not part of Status.
type counters struct {
	dropped atomic.Uint64
	syncs   atomic.Uint64
	syncNS  atomic.Int64
}

// countSync runs a sync and counts it and its time.
func (m *counters) countSync(sync func() error) error {
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
	t.add(r.keeper.growing())
	t.Dropped = r.counters.dropped.Load()
	t.Syncs, t.SyncTime = r.counters.syncs.Load(), time.Duration(r.counters.syncNS.Load())
	t.Free = -1
	var disk syscall.Statfs_t
	if err := syscall.Statfs(r.options.Directory, &disk); err == nil && r.missing.Load() == nil {
		t.Free = int64(disk.Bavail) * int64(disk.Bsize)
	}
	return t
}
