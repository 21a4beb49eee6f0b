package record

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/shmtest"
)

// counted is a source that counts what it hands out.
type counted struct {
	Source
	read *atomic.Int64
}

func (c counted) Next(ctx context.Context) (h264.AccessUnit, error) {
	au, err := c.Source.Next(ctx)
	if err == nil {
		c.read.Add(1)
	}
	return au, err
}

// With a real segment and its real reader: all frames that were in shared memory are in the files.
func TestEveryFrameOfSharedMemoryIsRecordedAcrossFilesAndWriterRestarts(t *testing.T) {
	name := shmtest.Name(t)
	writer := shmtest.New(t, name)
	r := newHarness(t, func(o *Options) { o.Segment = 1500 * time.Millisecond })
	var read atomic.Int64
	r.open = func() Source { return counted{shm.Open(name, shm.WithLogger(r.options.Log)), &read} }
	r.system.stopTimeout = time.Hour
	units := seconds(t, 24)
	publish := func(units []h264.AccessUnit) {
		for _, au := range units {
			writer.Publish(au)
		}
	}
	publish(units[:90])
	r.start()
	publish(units[90:330])
	for restart := 330; restart < 630; restart += 60 {
		for read.Load() < int64(restart) { // a reader can miss a segment that is replaced twice
			runtime.Gosched()
		}
		if err := writer.Replace(); err != nil {
			t.Fatal(err)
		}
		publish(units[restart : restart+60])
	}
	publish(units[630:660])
	s := r.session
	published := make(chan struct{})
	go func() { // the first frame after Stop
		defer close(published)
		for s.stopNS.Load() == 0 {
			runtime.Gosched()
		}
		publish(units[660:661])
	}()
	_, err := r.Stop()
	<-published
	if err != nil {
		t.Fatal(err)
	}
	files := r.files()
	if len(files) != 11 {
		t.Fatalf("files are %v, want ten rolls", files)
	}
	for i, file := range files {
		r.holds(file, units[60*i:60*(i+1)])
	}
}
