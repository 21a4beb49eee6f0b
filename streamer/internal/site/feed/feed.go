// Package feed sends what the detector finds, and how loud it is at the camera, to all who listen to /api/detections/stream,
// as server-sent events: the same bytes as petcam/web/live and petcam/web/sound, which tests/feed-cases.json holds together.
// It imports detections, fairshare, site and sound.
//
// One goroutine reads the results while somebody listens, makes each an event once and writes it to every listener's
// connection itself, in one system call that never waits: no listener's goroutine is woken for it. Another does the same for
// levels where there is a microphone. A listener's own goroutine only waits for its end.
package feed

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"petcam/streamer/internal/detections"
	"petcam/streamer/internal/site"
	"petcam/streamer/internal/sound"
)

// Results is where the detector's results are read; shm.DetectionReader.
type Results interface {
	Poll(to *detections.Result) bool
	Await(to *detections.Result) bool
	Close()
}

// Packets is where sound is read; shm.SoundReader.
type Packets interface {
	Newest()
	Poll(to *sound.Packet) bool
	Close()
}

// Sound is that of the camera.
type Sound struct {
	Open func() Packets // when somebody listens; of one goroutine, which closes it
	On   func() bool    // whether the owner lets it be heard; cheap
}

// Options are what a Feed works with.
type Options struct {
	Detections func() Results // when somebody listens; of one goroutine, which closes it
	Sound      *Sound         // nil: the camera has no microphone
	Streams    *site.Streams
	Now        func() uint64 // CLOCK_MONOTONIC, ns
}

// Feed has its listeners. Make one by New for each Run.
type Feed struct {
	Options
	listeners *listeners
	ended     chan struct{} // closed once Run is to end
	active    atomic.Int64  // when the results were last looked for, ns of the wall clock
}

// New makes a Feed that reads nothing yet.
func New(options Options) *Feed {
	return &Feed{Options: options, listeners: newListeners(options.Now), ended: make(chan struct{})}
}

// Routes are those of the events.
func (f *Feed) Routes() []site.Route {
	return []site.Route{{Method: http.MethodGet, Path: "/api/detections/stream", Marks: site.Live, Handle: f.stream}}
}

// Run reads and sends until ctx ends; every stream then ends too. It is called once.
func (f *Feed) Run(ctx context.Context) {
	sends := []func(context.Context){f.sendResults}
	if f.Sound != nil {
		sends = append(sends, f.sendLevels)
	}
	var tasks sync.WaitGroup
	for _, send := range sends {
		tasks.Add(1)
		go func() { defer tasks.Done(); f.whileSomebodyListens(ctx, send) }()
	}
	<-ctx.Done()
	close(f.ended)
	tasks.Wait()
}

// whileSomebodyListens calls send, which returns when nobody listens any more or ctx has ended, until ctx ends.
func (f *Feed) whileSomebodyListens(ctx context.Context, send func(context.Context)) {
	for f.listeners.await(ctx) {
		send(ctx)
	}
}

// Listeners is how many listen.
func (f *Feed) Listeners() int { return f.listeners.count() }

// LastActive is when results were last looked for; now where nobody listens. It is for the watchdog.
func (f *Feed) LastActive() time.Time {
	if f.Listeners() == 0 {
		return time.Now()
	}
	return time.Unix(0, f.active.Load())
}
