package shm

import (
	"context"
	"math"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"petcam/streamer/internal/h264"
)

// Times between looks at a ring. Waiting on the daemon's semaphore would steal the posts from its own readers.
const (
	rdkPoll     = 4 * time.Millisecond  // while a frame is due
	rdkSlowPoll = 20 * time.Millisecond // after rdkPatience without one
	rdkPatience = 250 * time.Millisecond
	rdkEarly    = 3 * time.Millisecond   // so much before a frame is expected, looking begins
	rdkLongest  = 200 * time.Millisecond // that no frame is expected for
)

// RDKReader reads the H.264 ring of an RDK X5 board's daemon as Reader reads the stream segment; the same methods may be
// called in the same way. Record n is the write that made the count n+1.
//
// Older daemons raise the count before they copy, newer ones after. So the newest record may still be on its way, and
// it is believed only when two looks agree; the oldest slot may be the one that is being overwritten.
type RDKReader struct {
	name    string
	options options
	status  status
	settle  func() // lets the time between two looks pass
	skipped atomic.Uint64
	closed  atomic.Bool

	// mutex is held by Next, Rewind and Close while they run. It guards what follows.
	mutex    sync.Mutex
	ring     *ring  // nil: none
	epoch    uint64 // when this reader met the ring, or saw its count begin anew
	met      uint64 // records that were there already then
	written  uint64 // writes so far: the daemon's count, carried past 2³²
	next     uint64 // number of the record to read
	seeking  bool   // pass over records up to a keyframe
	gap      bool   // something was missed since the last access unit
	begun    bool   // an access unit has been handed out
	captured uint64 // capture_ns of the last one
	interval uint64 // from the one before to the last one
	handed   uint64 // when the last one was handed out
	due      uint64 // when to look for the next one
	arena    arena
}

// OpenRDK makes a reader of the ring called name, such as /pet_camera_stream. It never fails: the ring may come later.
func OpenRDK(name string, choices ...Option) *RDKReader {
	return &RDKReader{name: name, options: choose(choices), settle: waitToSettle, status: status{heartless: true}}
}

func waitToSettle() { nap(settleTime) }

// Next is Reader's Next.
func (r *RDKReader) Next(ctx context.Context) (h264.AccessUnit, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return follow(ctx, &r.closed, r.look, r.wait)
}

// wait sleeps until there may be something to do.
func (r *RDKReader) wait() {
	if r.ring == nil {
		nap(longestSleep)
	} else {
		r.options.waitUntil(r.untilLook())
	}
}

// untilLook is how long to sleep: each look wakes an idle process, and frames come at regular times.
func (r *RDKReader) untilLook() time.Duration {
	switch now := Now(); {
	case now < r.due:
		return time.Duration(r.due - now)
	case now > r.handed+uint64(rdkPatience):
		return rdkSlowPoll
	}
	return rdkPoll
}

// expect notes when the next frame is due, by the shorter of the last two intervals.
func (r *RDKReader) expect(captureNS uint64) {
	interval, before := captureNS-r.captured, r.interval
	r.handed, r.interval = Now(), interval
	r.due = r.handed + min(interval, before, uint64(rdkLongest))
	r.due -= min(r.due-r.handed, uint64(rdkEarly))
}

// Rewind is Reader's Rewind. The ring holds about a second, so there may be no keyframe in it although the camera runs:
// then Next goes on at the next one.
func (r *RDKReader) Rewind(back time.Duration) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.closed.Load() {
		return os.ErrClosed
	}
	if r.attach() != nil || r.count() != nil {
		return ErrNoVideo
	}
	now := Now()
	key, found := r.keyframe(0, now-min(now, uint64(max(back, 0))))
	if !found {
		return ErrNoVideo
	}
	r.next, r.seeking, r.gap, r.captured = key, true, false, 0
	return nil
}

// Skipped counts the records that were lost to this reader because it fell behind or refused them.
func (r *RDKReader) Skipped() uint64 { return r.skipped.Load() }

// State is Reader's State.
func (r *RDKReader) State() (state, message string) { return r.status.state(r.name, Now()) }

// Close is Reader's Close.
func (r *RDKReader) Close() error {
	r.closed.Store(true)
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.detach()
	return nil
}

// look gives the next access unit if it is there.
func (r *RDKReader) look() (unit h264.AccessUnit, found bool) {
	if r.attach() != nil {
		return unit, false
	}
	unit, found, err := r.step()
	if err != nil || (!found && !r.ring.hasName()) {
		r.detach()
		_ = r.attach() // to another at once
		return unit, false
	}
	return unit, found
}

func (r *RDKReader) attach() error {
	if r.ring != nil {
		return nil
	}
	found, err := openRing(r.name)
	if err != nil {
		if r.status.gone(err) {
			r.options.log.Error("the video segment is refused", "segment", r.name, "reason", err)
		}
		return err
	}
	r.options.log.Info("reading the video segment", "segment", r.name, "layout", "rdk-x5")
	r.status.came()
	r.ring = found
	count, err := found.count()
	if err != nil {
		r.detach()
		return err
	}
	r.begin(count)
	return nil
}

func (r *RDKReader) detach() {
	if r.ring != nil {
		r.ring.close()
		r.ring = nil
	}
}

// begin starts a new epoch at the newest keyframe of a daemon that has written count times.
func (r *RDKReader) begin(count uint32) {
	r.epoch, r.met, r.written = Now(), uint64(count), uint64(count)
	r.seeking, r.gap, r.captured = true, r.begun, 0
	r.next = r.beginning(0)
}

// count carries the daemon's 32-bit count on; one that goes back is a daemon that began anew.
func (r *RDKReader) count() error {
	count, err := r.ring.count()
	if err != nil {
		return err
	}
	if raised := count - uint32(r.written); raised < 1<<31 {
		r.written += uint64(raised)
	} else {
		r.begin(count)
	}
	return nil
}

// step reads on to the next access unit; it fails with errGone.
func (r *RDKReader) step() (h264.AccessUnit, bool, error) {
	if err := r.count(); err != nil {
		return h264.AccessUnit{}, false, err
	}
	if r.written-r.next >= RDKSlots-1 { // the daemon is about to lap this reader
		r.skipTo(r.beginning(r.next))
	}
	for r.next < r.written {
		frame, data, err := r.take(r.next)
		switch {
		case err == errGone:
			return h264.AccessUnit{}, false, err
		case err != nil && r.isNewest(r.next):
			return h264.AccessUnit{}, false, nil // still on its way, perhaps
		case err != nil:
			r.status.refuse(r.options.log, r.name, err)
		case r.seeking && !h264.IsKeyframe(data):
			if !r.gap { // whoever has only begun missed nothing
				r.next++
				continue
			}
		default:
			return r.handOut(frame, data), true, nil
		}
		r.skipTo(r.next + 1)
	}
	return h264.AccessUnit{}, false, nil
}

// take copies record n, and proves the copy as far as this layout allows it. It fails with errGone or a refusal.
func (r *RDKReader) take(n uint64) (rdkFrame, []byte, error) {
	frame, err := r.ring.head(n)
	if err != nil {
		return frame, nil, err
	}
	data := r.arena.reserve(frame.size)
	if err := r.ring.data(data, n); err != nil {
		return frame, nil, err
	}
	if n == r.written-1 {
		r.settle()
		if err := r.ring.compare(n, frame, data); err != nil {
			return frame, nil, err
		}
	}
	count, err := r.ring.count()
	switch {
	case err != nil:
		return frame, nil, err
	case count-uint32(n) >= RDKSlots:
		return frame, nil, errOvertaken
	case frame.captureNS <= r.captured:
		return frame, nil, mistake("its time %d ns does not rise over %d ns", frame.captureNS, r.captured)
	}
	return frame, data, nil
}

// isNewest says whether no record came after n by now.
func (r *RDKReader) isNewest(n uint64) bool {
	count, err := r.ring.count()
	return err == nil && count-uint32(n) == 1
}

func (r *RDKReader) handOut(frame rdkFrame, data []byte) h264.AccessUnit {
	r.arena.keep(data)
	published := Now()
	if r.next < r.met { // it was there already, nobody knows since when
		published = min(published, frame.captureNS)
	}
	unit := h264.AccessUnit{
		Epoch: r.epoch, Record: r.next, FrameNumber: frame.number, CaptureNS: frame.captureNS, PublishNS: published,
		Keyframe: h264.IsKeyframe(data), Discontinuity: r.gap, Width: frame.width, Height: frame.height, Data: data,
	}
	r.next++
	r.expect(frame.captureNS)
	r.seeking, r.gap, r.begun, r.captured = false, false, true, frame.captureNS
	r.status.published(published)
	return unit
}

func (r *RDKReader) skipTo(n uint64) {
	r.skipped.Add(n - r.next)
	r.next, r.seeking, r.gap = n, true, true
}

// beginning is the newest keyframe, least or above, that is no longer being written; else the newest record.
func (r *RDKReader) beginning(least uint64) uint64 {
	if key, found := r.keyframe(least, math.MaxUint64); found {
		return key
	}
	return max(least, r.written-min(r.written, 1))
}

// keyframe finds the newest keyframe, least or above, that was captured at before or earlier, else the oldest there is.
func (r *RDKReader) keyframe(least, before uint64) (n uint64, found bool) {
	for i := r.written - min(r.written, 1); i > max(least, r.written-min(r.written, RDKSlots-2)); i-- {
		if frame, is := r.ring.keyframe(i - 1); is {
			n, found = i-1, true
			if frame.captureNS <= before {
				break
			}
		}
	}
	return n, found
}
