// Package shm reads the stream segment of docs/shm-layout.md, ABI version 1. The step names O1..O4 and R1..R5 in its
// comments are those of that document.
//
// A Reader starts no goroutine: Next does all the work on its caller's.
package shm

import (
	"context"
	"errors"
	"math"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"petcam/streamer/internal/h264"
)

// ErrNoVideo says that there is no keyframe to go back to.
var ErrNoVideo = errors.New("no video in the shared memory yet")

const (
	// longestSleep bounds each sleep, so that a Reader notices its context's end and a replaced segment in time.
	longestSleep = 250 * time.Millisecond
	// young is the age up to which a segment that replaces another is read from its first record, not its newest
	// keyframe: whoever was there before has then missed nothing.
	young = StaleNS
)

// Reader reads the stream segment of one name, from keyframe to keyframe and from one writer to the next. Next, Rewind
// and Close are for one goroutine at a time and wait for each other; State and Skipped may be called at any time.
type Reader struct {
	name    string
	options options
	status  status
	skipped atomic.Uint64
	closed  atomic.Bool

	// mutex is held by Next, Rewind and Close while they run. It guards what follows.
	mutex   sync.Mutex
	segment *segment // nil: none
	next    uint64   // number of the record to read
	seeking bool     // pass over records up to a keyframe
	gap     bool     // something was missed since the last access unit
	begun   bool     // an access unit has been handed out
	arena   arena
}

// Open makes a Reader of the segment called name, such as /petcam_stream. It never fails: the segment may come later.
func Open(name string, choices ...Option) *Reader {
	return &Reader{name: name, options: choose(choices)}
}

// Next waits for the next access unit. The first is the newest keyframe there is; from there on none is left out while
// the caller keeps up. It fails with ctx's error within 250 ms of ctx's end, and with os.ErrClosed.
func (r *Reader) Next(ctx context.Context) (h264.AccessUnit, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return follow(ctx, &r.closed, r.look, r.wait)
}

// look gives the next access unit if it is there.
func (r *Reader) look() (unit h264.AccessUnit, found bool) {
	if r.attach() != nil {
		return unit, false
	}
	return r.step()
}

// Rewind makes Next go on with the newest keyframe that is at least back old, or the oldest there is. It fails with
// ErrNoVideo where there is none.
func (r *Reader) Rewind(back time.Duration) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.closed.Load() {
		return os.ErrClosed
	}
	if r.segment != nil && !r.segment.hasName() {
		r.detach()
	}
	if r.attach() != nil {
		return ErrNoVideo
	}
	now := Now()
	before := now - min(now, uint64(max(back, 0)))
	key, found := r.segment.keyframe(0, r.segment.nextRecord(), before)
	if !found {
		return ErrNoVideo
	}
	r.next, r.seeking, r.gap = key, true, false
	return nil
}

// Skipped counts the records that were lost to this Reader because it fell behind.
func (r *Reader) Skipped() uint64 { return r.skipped.Load() }

// State says how the stream is, in the words of camera.state in docs/http-api.md, and for people why and what to do.
func (r *Reader) State() (state, message string) { return r.status.state(r.name, Now()) }

// Close ends a Next that waits, within 250 ms, and gives the segment back.
func (r *Reader) Close() error {
	r.closed.Store(true)
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.detach()
	return nil
}

// attach opens the segment unless that is done already, and chooses where to begin.
func (r *Reader) attach() error {
	if r.segment != nil {
		return nil
	}
	found, err := openSegment(r.name)
	if err != nil {
		if r.status.gone(err) {
			r.options.log.Error("the video segment is refused", "segment", r.name, "reason", err)
		}
		return err
	}
	r.options.log.Info("reading the video segment", "segment", r.name, "epoch", found.header.epoch)
	r.status.came()
	r.segment, r.seeking, r.gap = found, true, r.begun
	if r.begun && Now()-found.header.epoch < young {
		r.next = found.firstRecord()
	} else {
		r.next = found.nextRecord()
		if key, ok := found.keyframe(0, r.next, math.MaxUint64); ok {
			r.next = key
		}
	}
	return nil
}

func (r *Reader) detach() {
	if r.segment != nil {
		r.segment.close()
		r.segment = nil
	}
}

// step looks at one record: it returns its access unit, passes over it, or finds that there is none yet.
func (r *Reader) step() (h264.AccessUnit, bool) {
	published := r.segment.nextRecord()
	switch {
	case r.next == published:
		return h264.AccessUnit{}, false
	case r.next > published: // a writer that counts backwards breaks the contract; do not wait for ever
		r.next, r.seeking, r.gap = published, true, true
		return h264.AccessUnit{}, false
	}
	found, data, ok := r.read(r.next)
	switch {
	case !ok:
		r.fallBehind(published)
		return h264.AccessUnit{}, false
	case data == nil:
		if r.gap {
			r.skipped.Add(1)
		}
		r.next++
		return h264.AccessUnit{}, false
	}
	return r.handOut(found, data), true
}

// read gives record n by steps R1 to R5, without data where only a keyframe is wanted and it is none.
func (r *Reader) read(n uint64) (slot, []byte, bool) {
	if n < r.segment.firstRecord() {
		return slot{}, nil, false
	}
	found, err := r.segment.slot(n)
	if err != nil {
		r.status.refuse(r.options.log, r.name, err)
		return slot{}, nil, false
	}
	if r.seeking && !found.keyframe {
		return found, nil, true
	}
	data := r.arena.reserve(found.size)
	if !r.segment.copyData(data, found) || r.segment.sequence(n) != WholeSequence(n) { // R4, R5
		return slot{}, nil, false
	}
	r.arena.keep(data)
	return found, data, true
}

func (r *Reader) handOut(found slot, data []byte) h264.AccessUnit {
	unit := h264.AccessUnit{
		Epoch: r.segment.header.epoch, Record: r.next, FrameNumber: found.frameNumber,
		CaptureNS: found.captureNS, PublishNS: found.publishNS,
		Keyframe: found.keyframe, Discontinuity: found.discontinuity || r.gap,
		Width: found.width, Height: found.height, Data: data,
	}
	r.next++
	r.seeking, r.gap, r.begun = false, false, true
	r.status.published(found.publishNS)
	return unit
}

// fallBehind goes on after record next was lost: at the newest keyframe that came after it, or at the next one to come.
func (r *Reader) fallBehind(published uint64) {
	to := published
	if key, ok := r.segment.keyframe(r.next+1, published, math.MaxUint64); ok {
		to = key
	}
	r.skipped.Add(to - r.next)
	r.next, r.seeking, r.gap = to, true, true
}

// wait sleeps until there may be something to do. A segment that has lost its name is left once all of it is read.
func (r *Reader) wait() {
	if r.segment == nil {
		nap(longestSleep)
		return
	}
	// In this order nothing is missed: a record or a goodbye that comes after the first line changes news.
	seen := atomic.LoadUint32(r.segment.news())
	named := r.segment.hasName()
	switch {
	case r.next < r.segment.nextRecord():
	case !named:
		r.detach()
	default:
		r.options.waitForRecord(r.segment.news(), seen)
		r.status.beat(r.segment.heartbeat())
	}
}
