package record

import (
	"sync"
	"testing"
	"time"

	"petcam/streamer/internal/apierror"
)

// slowDisk is a disk whose directory takes its time to become durable.
type slowDisk struct {
	fileSystem
	sync func()
}

func (d slowDisk) Sync() error {
	d.sync()
	return d.fileSystem.Sync()
}

func (h *harness) slowDown(sync func()) {
	h.system.openDisk = func(path string) (fileSystem, error) {
		disk, err := openDisk(path, nil)
		return slowDisk{disk, sync}, err
	}
}

func TestASlowDiskIsNotTakenForASilentCamera(t *testing.T) {
	t.Parallel()
	h := newHarness(t, nil)
	var once sync.Once
	h.slowDown(func() { once.Do(func() { time.Sleep(startTimeout + startTimeout/4) }) })
	units := seconds(t, 2)
	h.source.publish(units[:30]...)
	// What was published before the disk was ready is not fresh any more.
	go func() {
		h.source.waitUntilRead()
		h.source.publish(units[30:]...)
	}()
	h.start()
	h.stop()
}

func TestADiskThatIsTooSlowIsCalledThat(t *testing.T) {
	t.Parallel()
	h := newHarness(t, nil)
	h.system.diskTimeout = 20 * time.Millisecond
	free := make(chan struct{})
	h.slowDown(func() { <-free })
	h.source.publish(seconds(t, 1)...)
	for range 2 { // at once again, although the disk is still busy
		_, err := h.Start("")
		wantError(t, err, apierror.RecordingFailed, "takes longer than")
		if reason, _ := reasonOf(err); reason != "Disk slow" {
			t.Errorf("the reason is %q", reason)
		}
	}
	ended := h.ending()
	close(free)
	<-ended
	if files := h.files(); len(files) != 0 {
		t.Errorf("left %v", files)
	}
	h.system.diskTimeout = diskTimeout
	h.source.publish(seconds(t, 2)...)
	h.start()
	h.stop()
}

func TestASlowCamerasLastPictureBeginsARecording(t *testing.T) {
	r := newHarness(t, func(o *Options) { o.SilentAfter = func() time.Duration { return 6 * time.Second } })
	units := seconds(t, 1)
	r.source.publish(units...)
	for i := range r.source.units {
		r.source.units[i].PublishNS -= uint64(3 * time.Second)
	}
	r.system.startTimeout = time.Millisecond // for one that came later
	name := r.start()
	r.stop()
	r.holds(name, units)
}
