package record

import (
	"errors"
	"sync"
	"testing"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/mp4/mp4test"
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

// Its pictures are as old as they are, however slow this machine is; and nothing comes later.
func TestASlowCamerasLastPictureBeginsARecording(t *testing.T) {
	for age, begins := range map[time.Duration]bool{3 * time.Second: true, 6*time.Second - 1: true, 6 * time.Second: false} {
		r := newHarness(t, func(o *Options) { o.SilentAfter = func() time.Duration { return 6 * time.Second } })
		wall, now := bothClocks()
		r.system.now = func() (time.Time, uint64) { return wall, now }
		r.system.startTimeout = time.Hour
		units := mp4test.Clip(t, "baseline", 160, 120, 30, now-10e9)
		for i := range units {
			units[i].PublishNS = now - uint64(age)
		}
		r.source.put(units...)
		r.source.fail(errors.New("no more")) // once all are read
		name, err := r.Start("")
		if begins != (err == nil) {
			t.Errorf("one that is %v old: %v", age, err)
		}
		if err == nil {
			r.waitUntilEnded()
			r.holds(name, units)
		}
	}
}
