package record

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/h264"
)

const (
	startLimit = 2 * time.Second // without a fresh frame so long, Start says NoVideo
	freshLimit = 2 * time.Second // a frame published so long ago does not show that the camera is sending
)

// errStopped is the cause of a session that ends because it was told to.
var errStopped = errors.New("stopped")

// session is one recording, from Start to Stop, in one file after another. What has no other word is its goroutine's.
type session struct {
	recorder *Recorder
	label    string
	ctx      context.Context
	cancel   context.CancelCauseFunc
	stopping bool          // guarded by recorder.mu: Stop has taken this session
	stopNS   atomic.Uint64 // CLOCK_MONOTONIC of Stop: what was published later does not belong to the recording

	started  chan struct{} // closed when Start's answer stands in the next two
	filename string
	startErr error

	done chan struct{} // closed when everything has ended; then the next two stand
	last Status
	err  error // why it ended by itself

	dir     *directory
	source  Source
	silence *silence
	clock   wallClock
	part    *part // the file that grows; nil between files
	keeper  *keeper
	begun   bool   // started is closed
	skipped uint64 // as the source last said
	dropped uint64 // frames that are in no file, from the first one on
}

func newSession(r *Recorder, label string) *session {
	ctx, cancel := context.WithCancelCause(context.Background())
	return &session{
		recorder: r, label: label, ctx: ctx, cancel: cancel, clock: wallClock{now: r.system.now},
		started: make(chan struct{}), done: make(chan struct{}),
	}
}

func (s *session) run() {
	defer close(s.done)
	defer s.cancel(nil)
	err := s.record()
	s.err = err
	s.recorder.ended(s, err)
	if !s.begun {
		s.decide("", s.whyNotBegun(err))
	} else if err != nil {
		s.recorder.options.Log.Error("recording ended", "error", err)
	}
}

// whyNotBegun is Start's error; a Close while starting leaves no other.
func (s *session) whyNotBegun(err error) error {
	if err == nil {
		return apierror.New(apierror.RecordingFailed, "The streamer is stopping; try again when it is back")
	}
	return err
}

// decide gives Start its answer.
func (s *session) decide(filename string, err error) {
	s.filename, s.startErr, s.begun = filename, err, true
	close(s.started)
}

// record runs until the session is stopped or fails, which is its error, and leaves no file open.
func (s *session) record() error {
	dir, err := openDirectory(s.recorder.options.Directory)
	if err != nil {
		return explain(err)
	}
	defer dir.close()
	s.dir = dir
	s.recorder.leftovers.Lock()
	s.recorder.finishLeftovers(dir)
	s.recorder.leftovers.Unlock()

	s.source = s.recorder.open()
	defer s.source.Close()
	late := time.AfterFunc(startLimit, func() {
		s.cancel(apierror.New(apierror.NoVideo, "The camera is not sending; see its state, and try again"))
	})
	defer late.Stop()
	s.silence = listen(s.ctx, s.recorder.system.silence)
	defer s.silence.stop()
	// Where there is nothing to rewind to, Next waits for the first frame.
	_ = s.source.Rewind(s.recorder.options.PreRoll)
	s.skipped = s.source.Skipped()
	err = s.copy(late)
	if errors.Is(err, errStopped) {
		err = nil
	}
	return errors.Join(err, s.closePart())
}

// copy takes access units until the session ends; late is stopped when the first fresh one has been written.
func (s *session) copy(late *time.Timer) error {
	for {
		au, err := s.next()
		switch {
		case err == errSilent:
			err = s.closePart()
		case err == nil:
			err = s.take(au)
		}
		if err != nil {
			return err
		}
		s.countSkipped()
		if s.part != nil {
			s.report(au, late)
		}
	}
}

// countSkipped counts what the source has skipped.
func (s *session) countSkipped() {
	if skipped := s.source.Skipped() - s.skipped; skipped > 0 {
		s.skipped += skipped
		s.drop(skipped)
	}
}

// drop counts frames that the camera delivered and no file has.
func (s *session) drop(frames uint64) {
	s.dropped += frames
	s.recorder.meters.dropped.Add(frames)
}

// report makes the state known; before that, the first fresh access unit decides that the recording has begun.
func (s *session) report(au h264.AccessUnit, late *time.Timer) {
	begins := !s.begun && s.fresh(au) && late.Stop()
	if s.begun || begins {
		s.recorder.progress(s.status())
	}
	if begins {
		s.decide(s.part.name, nil)
	}
}

func (s *session) status() Status {
	status := s.part.status()
	status.Dropped = s.dropped
	return status
}

// next returns the next access unit, errSilent, or why the session ends.
func (s *session) next() (h264.AccessUnit, error) {
	au, err := s.source.Next(s.silence.ctx)
	switch {
	case s.ctx.Err() != nil:
		return au, context.Cause(s.ctx)
	case err == nil:
		s.silence.heard()
		return au, s.stopsBefore(au)
	case s.silence.ctx.Err() != nil:
		s.silence.heard() // and listen again
		return au, errSilent
	default:
		return au, apierror.New(apierror.NoVideo, "The camera's video cannot be read; see the camera's state").WithReason("Camera unreadable").WithCause(err)
	}
}

// stopsBefore returns errStopped for the first access unit after Stop: those that were still in the ring are written.
func (s *session) stopsBefore(au h264.AccessUnit) error {
	if stop := s.stopNS.Load(); stop != 0 && published(au) > stop {
		return errStopped
	}
	return nil
}

// take writes an access unit into the file that it belongs to.
func (s *session) take(au h264.AccessUnit) error {
	if s.part != nil && s.part.endsBefore(au, s.recorder.options.Segment) {
		if err := s.closePart(); err != nil {
			return err
		}
	}
	if s.part == nil {
		if err := s.openPart(au); err != nil || s.part == nil {
			return err
		}
	}
	return explain(s.write(au))
}

// write writes an access unit; where the disk is full, old recordings make room first.
func (s *session) write(au h264.AccessUnit) error {
	err := s.part.write(au)
	if isFull(err) {
		if err := s.recorder.space.makeRoom(s.dir, s.part.mp4.Size()); err != nil {
			return err
		}
		err = s.part.write(au)
	}
	return err
}

// openPart begins the next file; there is none yet where decoding cannot begin at au.
func (s *session) openPart(au h264.AccessUnit) error {
	params := parametersOf(au)
	if !h264.IsKeyframe(au.Data) || !params.complete() {
		if s.begun {
			s.drop(1)
		}
		return nil
	}
	space := s.recorder.space
	if err := errors.Join(space.count(s.dir), space.makeRoom(s.dir, 0)); err != nil {
		return explain(err)
	}
	part, err := createPart(s.dir, s.recorder.system, s.label, s.clock.at(au.CaptureNS), params, au)
	if err != nil {
		return explain(err)
	}
	s.part = part
	s.keeper = keep(s, part)
	return nil
}

// closePart finishes the file, or discards it where Start has not been answered yet.
func (s *session) closePart() error {
	if s.part == nil {
		return nil
	}
	part := s.part
	s.part = nil
	s.keeper.stop()
	if !s.begun {
		return explain(part.discard(s.dir))
	}
	err := part.finish(s.dir)
	if err != nil {
		s.recorder.unfinished.Store(true)
	}
	status := part.status()
	status.Dropped = s.dropped
	s.recorder.closedFile(status)
	return explain(err)
}

// fresh says whether au shows that the camera is sending now.
func (s *session) fresh(au h264.AccessUnit) bool {
	_, now := s.recorder.system.now()
	return published(au)+uint64(freshLimit) > now
}

// published is when au was published; a source that does not say knows at least when it was captured.
func published(au h264.AccessUnit) uint64 {
	if au.PublishNS == 0 {
		return au.CaptureNS
	}
	return au.PublishNS
}

// stop ends the session once what has been published by now is in the file, and waits for that.
func (s *session) stop() {
	_, now := s.recorder.system.now()
	s.stopNS.Store(now)
	late := time.AfterFunc(s.recorder.system.stopLimit, func() { s.cancel(errStopped) })
	defer late.Stop()
	<-s.done
}
