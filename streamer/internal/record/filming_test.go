package record

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/mp4/mp4test"
	"petcam/streamer/internal/recordname"
)

const frameNS = 1_000_000_000/30 + 1 // of 30 frames a second, or a little less

// ring is a shared memory that many read from, and its clock: now is when the newest frame was captured and published.
type ring struct {
	size  int           // frames that it holds
	ahead time.Duration // by which its writer dates what it publishes into the future

	announce func() // called with each frame, before anybody can read it; nil: nothing is

	mu      sync.Mutex
	units   []h264.AccessUnit // all that ever came
	nowNS   uint64
	wakeup  chan struct{}
	waiting map[*ringReader]bool // readers that are open: whether they have read all
	idle    *sync.Cond           // signals waiting
	asked   int                  // how often one has asked for the next frame
	opened  int                  // how many readers there were
}

func newRing(size int) *ring {
	r := &ring{size: size, nowNS: 1e12, wakeup: make(chan struct{}), waiting: map[*ringReader]bool{}}
	r.idle = sync.NewCond(&r.mu)
	return r
}

func (r *ring) clock() (time.Time, uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC).Add(time.Duration(r.nowNS - 1e12)), r.nowNS
}

// pass lets time pass in which no frame comes.
func (r *ring) pass(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.nowNS += uint64(d)
}

// publish appends an access unit that is captured now.
func (r *ring) publish(au h264.AccessUnit) {
	r.mu.Lock()
	defer r.mu.Unlock()
	au.CaptureNS, au.PublishNS, au.Epoch, au.Record = r.nowNS, r.nowNS+uint64(r.ahead), 1, uint64(len(r.units))
	r.units = append(r.units, au)
	if r.announce != nil {
		r.announce()
	}
	for reader := range r.waiting {
		r.waiting[reader] = false
	}
	close(r.wakeup)
	r.wakeup = make(chan struct{})
}

// oldest is the index of the oldest frame that is held. mu must be held.
func (r *ring) oldest() int { return max(0, len(r.units)-r.size) }

// anyReaders is for waitUntilRead: those that are open.
const anyReaders = -1

// waitUntilRead waits until so many readers are open, and have all that there is.
func (r *ring) waitUntilRead(readers int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for !r.allRead(readers) {
		r.idle.Wait()
	}
}

func (r *ring) allRead(readers int) bool {
	for _, waits := range r.waiting {
		if !waits {
			return false
		}
	}
	return readers == anyReaders || len(r.waiting) == readers
}

// timesAsked is how often somebody has asked for the next frame.
func (r *ring) timesAsked() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked
}

// since are the units captured at a time or later.
func (r *ring) since(captureNS uint64) []h264.AccessUnit {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, au := range r.units {
		if au.CaptureNS >= captureNS {
			return r.units[i:len(r.units):len(r.units)]
		}
	}
	return nil
}

func (r *ring) open() Source {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.opened++
	reader := &ringReader{ring: r, next: len(r.units)}
	r.waiting[reader] = false
	return reader
}

type ringReader struct {
	ring    *ring
	next    int
	skipped uint64
}

func (h *ringReader) Next(ctx context.Context) (h264.AccessUnit, error) {
	r := h.ring
	for {
		r.mu.Lock()
		r.asked++
		if h.next < r.oldest() {
			h.skipped += uint64(r.oldest() - h.next)
			h.next = r.oldest()
		}
		if h.next < len(r.units) {
			au := r.units[h.next]
			h.next++
			r.mu.Unlock()
			return au, nil
		}
		wakeup := r.wakeup
		r.waiting[h] = true
		r.idle.Broadcast()
		r.mu.Unlock()
		select {
		case <-ctx.Done():
			return h264.AccessUnit{}, ctx.Err()
		case <-wakeup:
		}
	}
}

func (h *ringReader) Rewind(back time.Duration) error {
	r := h.ring
	r.mu.Lock()
	defer r.mu.Unlock()
	found := false
	for i := r.oldest(); i < len(r.units); i++ {
		if au := r.units[i]; au.Keyframe && (!found || au.CaptureNS+uint64(back) <= r.nowNS) {
			h.next, found = i, true
		}
	}
	if !found {
		return errors.New("no video")
	}
	return nil
}

func (h *ringReader) Skipped() uint64 { return h.skipped }

func (h *ringReader) Close() error {
	h.ring.mu.Lock()
	defer h.ring.mu.Unlock()
	delete(h.ring.waiting, h)
	h.ring.idle.Broadcast()
	return nil
}

// filming is a Recorder that records by itself what a ring has.
type filming struct {
	*harness
	ring    *ring
	clip    []h264.AccessUnit
	group   int // frames from keyframe to keyframe
	filmed  int
	options Options
	system  system
	counted map[string]int // pictures of files, once looked at
}

func newFilming(t *testing.T, mode Mode, change func(*filming)) *filming {
	t.Helper()
	f := &filming{
		harness: &harness{t: t, dir: filepath.Join(t.TempDir(), "recordings"), log: &logBuffer{}},
		ring:    newRing(1 << 30), clip: mp4test.Clip(t, "baseline", 160, 120, 60, 0), group: 30,
	}
	f.options = Options{
		Directory: f.dir, Mode: mode, PreRoll: time.Hour, PostRoll: 10 * time.Second, Segment: time.Hour, MinFree: 1,
		Log: slog.New(slog.NewTextHandler(f.log, nil)),
	}
	f.system = realSystem(nil)
	f.system.now, f.system.stopTimeout = f.ring.clock, 0
	f.system.retryFirst, f.system.retryMost = time.Millisecond, 4*time.Millisecond
	if change != nil {
		change(f)
	}
	f.dir = f.options.Directory
	f.restart()
	return f
}

// restart ends the service and begins it anew.
func (f *filming) restart() {
	f.t.Helper()
	if f.Recorder != nil {
		f.Recorder.Close()
	}
	f.Recorder = newRecorder(f.options, f.ring.open, f.system)
	f.t.Cleanup(f.Recorder.Close)
}

// film publishes so many frames.
func (f *filming) film(frames int) {
	for range frames {
		f.ring.pass(frameNS)
		au := f.clip[1+f.filmed%29]
		if f.filmed%f.group == 0 {
			au = f.clip[0]
		}
		f.filmed++
		f.ring.publish(au)
	}
}

// filmRead publishes so many seconds, and waits until all of it is read by so many readers.
func (f *filming) filmRead(seconds, readers int) {
	f.film(30 * seconds)
	f.ring.waitUntilRead(readers)
}

// lease asks for one that must be given, in seconds.
func (f *filming) lease(seconds, preRoll float64) Leased {
	f.t.Helper()
	leased, err := f.Keep(time.Duration(seconds*1e9), time.Duration(preRoll*1e9))
	if err != nil {
		f.t.Fatal(err)
	}
	return leased
}

// ofKind are the finished recordings of a kind.
func (f *filming) ofKind(k kind) (names []string) {
	f.t.Helper()
	for _, name := range f.files() {
		if isRecording(name) && recordname.KindOf(name) == k {
			names = append(names, name)
		}
	}
	return names
}

// untilItself waits until the state of what is recorded by itself is as wanted.
func (f *filming) untilItself(what string, holds func(*ByItself) bool) {
	f.t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(f.ByItself()); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			f.t.Fatalf("not so: %s; it is %+v", what, f.ByItself())
		}
	}
}

// untilOver waits until nothing is recorded by itself.
func (f *filming) untilOver() {
	f.t.Helper()
	f.untilItself("over", func(b *ByItself) bool { return b == nil || !b.Recording })
}
