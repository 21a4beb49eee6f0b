package record

import (
	"testing"
	"time"
)

// notifyingFile sends on a channel at each sync, if somebody receives.
type notifyingFile struct {
	file
	synced chan<- struct{}
}

func (f notifyingFile) Sync() error {
	select {
	case f.synced <- struct{}{}:
	default:
	}
	return f.file.Sync()
}

func TestTotalsCountAllFilesAndDroppedFrames(t *testing.T) {
	r := newHarness(t, func(o *Options) { o.Segment = 1500 * time.Millisecond })
	r.system.syncEvery = time.Millisecond
	units := seconds(t, 6)
	for i := range units[90:] { // two rolls, and then another writer in the middle of a second
		units[90+i].Epoch = 2
	}
	r.source.publish(units[:90]...)
	r.start()
	r.source.publish(units[105:]...)
	r.source.mu.Lock()
	r.source.skipped += 15
	r.source.mu.Unlock()
	r.source.waitUntilRead()
	first := r.stop()
	var bytes int64
	for _, name := range r.files() {
		bytes += r.size(name)
	}
	totals := r.Totals()
	if totals.Frames != 150 || totals.Bytes != bytes || totals.Dropped != 30 || first.Dropped != 30 {
		t.Errorf("%+v, %+v; the files have %d bytes", totals, first, bytes)
	}
	if totals.Seconds < 4.9 || totals.Seconds > 5.1 || totals.Free <= 0 {
		t.Errorf("%+v", totals)
	}
	synced := make(chan struct{})
	r.wrapFiles(func(f file) file { return notifyingFile{f, synced} })
	r.start()
	r.source.waitUntilRead()
	<-synced
	<-synced // the first of them is counted
	if growing := r.Totals(); growing.Frames <= totals.Frames || growing.SyncTime <= 0 {
		t.Errorf("%+v", growing)
	}
	if again := r.stop(); again.Dropped != 15 { // those of the pre-roll that wait for a keyframe again
		t.Errorf("%+v", again)
	}
}
