package feed

import (
	"context"
	"time"

	"petcam/streamer/internal/detections"
)

const (
	// maxAge is that of a result or a packet, in ns: older ones belong to pictures that are no longer shown.
	maxAge = 500_000_000
	// mostBefore bounds how many results of before are passed over; a segment keeps fewer.
	mostBefore = 256
)

// sendResults begins at the newest that is there.
func (f *Feed) sendResults(ctx context.Context) {
	reader := f.Detections()
	defer reader.Close()
	f.active.Store(time.Now().UnixNano())
	if newest := f.newest(reader); newest != nil {
		f.send(newest)
	}
	var result detections.Result
	for ctx.Err() == nil && f.listeners.count() > 0 {
		f.active.Store(time.Now().UnixNano())
		if reader.Await(&result) {
			f.send(&result)
		}
		f.listeners.tend()
	}
}

// newest is nil where there is none.
func (f *Feed) newest(reader Results) *detections.Result {
	var newest *detections.Result
	next := &detections.Result{}
	for range mostBefore {
		if !reader.Poll(next) {
			break
		}
		if newest == nil {
			newest = &detections.Result{}
		}
		newest, next = next, newest
	}
	return newest
}

func (f *Feed) send(result *detections.Result) {
	if isFresh(f.Now(), result.PublishNS) {
		f.listeners.publish(func(to []byte) []byte { return appendResult(to, result) })
	}
}

// isFresh is also so for what was published later than now: its writer looked at the clock after us.
func isFresh(now, published uint64) bool { return int64(now-published) < maxAge }
