package shm

import (
	"context"
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"petcam/streamer/internal/h264"
)

// ErrNoVideo says that there is no keyframe to go back to.
var ErrNoVideo = errors.New("no video in the shared memory yet")

// MaxSleep bounds each sleep, so that a Reader notices its context's end and a replaced segment in time.
const MaxSleep = 250 * time.Millisecond

// Layout is one kind of shared memory: it opens a segment and reads its records. A Reader calls its methods one at a
// time; those that take a Cursor only while the segment is open.
type Layout interface {
	// HasHeartbeat says whether Wait notes a heartbeat.
	HasHeartbeat() bool
	// Open opens the segment called name. It fails with ErrNoData or a Refusal; details are logged, as slog takes them.
	Open(name string) (details []any, err error)
	IsOpen() bool
	// HasName says whether the segment is still the one under its name; a writer that restarts replaces it.
	HasName() bool
	// Begin sets the cursor where reading begins in a segment that was just opened. Where it fails, it is closed again.
	Begin(c *Cursor) error
	// Next looks for the next access unit, without waiting. It may close a segment that cannot be read any more.
	Next(c *Cursor) (unit h264.AccessUnit, found bool)
	// Rewind sets the cursor to the newest keyframe that was captured at before or earlier, or to the oldest there is.
	Rewind(c *Cursor, before uint64) (found bool)
	// Wait sleeps until there may be something to do, MaxSleep at most. It may close a segment that was replaced.
	Wait(c *Cursor)
	Close()
}

// Reader reads the segments of one name, from keyframe to keyframe and from one writer to the next, whatever their
// layout. Next, Poll, Rewind and Close are for one goroutine at a time and wait for each other; State and Skipped may be
// called at any time.
type Reader struct {
	closed atomic.Bool

	// mutex is held by Next, Poll, Rewind and Close while they run. It guards what follows, but for the cursor's status
	// and skipped, which need no guard.
	mutex  sync.Mutex
	layout Layout
	cursor Cursor
	door   doorway
}

// NewReader makes a Reader of the segments of one layout called name, such as /petcam_stream.
func NewReader(name string, layout Layout, options ...Option) *Reader {
	chosen := choose(options)
	return &Reader{layout: layout, door: doorway{gate: chosen.gate}, cursor: Cursor{
		name: name, options: chosen, status: status{noHeartbeat: !layout.HasHeartbeat()},
	}}
}

// Next waits for the next access unit. The first is the newest keyframe there is; from there on none is left out while
// the caller keeps up. It fails with ctx's error within 250 ms of ctx's end, and with os.ErrClosed.
func (r *Reader) Next(ctx context.Context) (h264.AccessUnit, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for {
		if r.closed.Load() {
			return h264.AccessUnit{}, os.ErrClosed
		}
		if err := ctx.Err(); err != nil {
			return h264.AccessUnit{}, err
		}
		if unit, found := r.look(); found {
			return unit, nil
		}
		r.wait()
	}
}

// Poll looks once for the next access unit, without waiting. Next looks again and again.
func (r *Reader) Poll() (unit h264.AccessUnit, found bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.look()
}

func (r *Reader) look() (unit h264.AccessUnit, found bool) {
	if r.attach() != nil {
		return unit, false
	}
	unit, found = r.layout.Next(&r.cursor)
	for found && unit.CaptureNS < r.door.since { // pictures go on with a keyframe
		r.cursor.Seeking = true
		unit, found = r.layout.Next(&r.cursor)
	}
	if !r.layout.IsOpen() {
		_ = r.attach() // another segment may be there already
	}
	return unit, found
}

func (r *Reader) wait() {
	if r.layout.IsOpen() {
		r.layout.Wait(&r.cursor)
	} else {
		Sleep(MaxSleep)
	}
}

// Rewind makes Next go on with the newest keyframe that is at least back old, or the oldest there is. It fails with
// ErrNoVideo where there is none.
func (r *Reader) Rewind(back time.Duration) error {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.closed.Load() {
		return os.ErrClosed
	}
	if r.layout.IsOpen() && !r.layout.HasName() {
		r.layout.Close()
	}
	now := Now()
	if r.attach() != nil || !r.layout.Rewind(&r.cursor, now-min(now, uint64(max(back, 0)))) {
		return ErrNoVideo
	}
	return nil
}

// Skipped counts the records that were lost to this Reader because it fell behind or refused them.
func (r *Reader) Skipped() uint64 { return r.cursor.skipped.Load() }

// State says how the stream is, in the words of camera.state in docs/http-api.md, and for people why and what to do.
func (r *Reader) State() (state, message string) { return r.StateAt(Now()) }

// KeyframeNS is the capture time of the newest keyframe at which decoding can begin; 0: none is in the segment.
func (r *Reader) KeyframeNS() uint64 { return r.cursor.status.keyframeNS() }

// SilentAfter is after how long without a picture State calls the stream silent, as its own pictures come.
func (r *Reader) SilentAfter() time.Duration { return time.Duration(r.cursor.status.silentAfterNS()) }

// StateAt is State at another time than now.
func (r *Reader) StateAt(now uint64) (state, message string) {
	return r.cursor.status.state(r.cursor.name, now)
}

// Close ends a Next that waits, within 250 ms, and closes the segment.
func (r *Reader) Close() error {
	r.closed.Store(true)
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.layout.Close()
	return nil
}

// attach opens the segment unless that is done already.
func (r *Reader) attach() error {
	if !r.door.passes() {
		r.layout.Close()
		r.cursor.status.detached(errShut)
		return errShut
	}
	if r.layout.IsOpen() {
		return nil
	}
	log := r.cursor.options.log
	details, err := r.layout.Open(r.cursor.name)
	if err != nil {
		if r.cursor.status.detached(err) {
			log.Error("the video segment is refused", "segment", r.cursor.name, "reason", err)
		}
		return err
	}
	log.Info("reading the video segment", append([]any{"segment", r.cursor.name}, details...)...)
	r.cursor.status.attached()
	if err := r.layout.Begin(&r.cursor); err != nil {
		r.layout.Close()
		return err
	}
	return nil
}
