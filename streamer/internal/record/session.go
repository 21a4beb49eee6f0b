package record

import (
	"context"
	"errors"
	"sync/atomic"
	"syscall"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/h264"
)

// maxFreshAge: a frame published longer ago does not show that the camera is sending, unless it sends that few.
const maxFreshAge = 2 * time.Second

// errStopped is the cause of a session that ends because it was told to.
var errStopped = errors.New("stopped")

// session is one recording, from its start to its end, in one file after another. Its fields belong to its goroutine unless
// they say otherwise.
type session struct {
	recorder *Recorder
	purpose  purpose
	ctx      context.Context
	cancel   context.CancelCauseFunc
	stopping bool          // guarded by recorder.mu: Stop has taken this session
	stopNS   atomic.Uint64 // CLOCK_MONOTONIC of Stop: what was published later does not belong to the recording

	late     *patience
	started  chan struct{} // closed when Start's result is in the next two
	filename string
	startErr error

	done chan struct{} // closed when everything has ended; then the next two may be read
	last Status
	err  error // why it ended by itself

	dir      *directory
	source   Source
	boxes    *boxFeed
	sound    *soundFeed
	idle     *idleContext
	clock    wallClock
	segment  *segment // the file that grows; nil between files
	syncer   *syncer
	sets     h264.ParameterSets // that have come, up to the newest access unit
	unbroken continuity
	begun    bool   // started is closed
	skipped  uint64 // what source.Skipped last returned
	dropped  uint64 // frames that are in no file, from the first one on
	maxFile  int64  // bytes that the disk takes in a file; 0: not known yet
}

func newSession(r *Recorder, p purpose) *session {
	ctx, cancel := context.WithCancelCause(context.Background())
	s := &session{
		recorder: r, purpose: p, ctx: ctx, cancel: cancel, clock: wallClock{now: r.system.now},
		started: make(chan struct{}), done: make(chan struct{}),
	}
	s.late = newPatience(s)
	return s
}

func (s *session) run() {
	defer close(s.done)
	defer s.cancel(nil)
	err := s.record()
	s.err = err
	s.purpose.ended(s, err)
	if !s.begun {
		s.answerStart("", s.startError(err))
	}
}

// startError is Start's error where the recording did not begin; it did not because of Turn or Close where err is nil.
func (s *session) startError(err error) error {
	switch {
	case err != nil:
		return err
	case s.recorder.isOff():
		return ErrOff
	default:
		return errStopping
	}
}

// answerStart gives Start its result.
func (s *session) answerStart(filename string, err error) {
	s.filename, s.startErr, s.begun = filename, err, true
	close(s.started)
}

// record runs until the session is stopped or fails, which is its error, and leaves no file open.
func (s *session) record() error {
	dir, err := s.recorder.system.openDirectory(s.recorder.options.Directory)
	if err != nil {
		return diskError(err)
	}
	defer dir.Close()
	s.dir = dir
	s.purpose.prepare(dir)

	s.source = s.purpose.open()
	defer s.source.Close()
	s.boxes = s.recorder.openBoxes()
	defer s.boxes.close()
	s.sound = s.recorder.openSound()
	defer s.sound.close()
	s.late.begin()
	defer s.late.end()
	s.idle = newIdleContext(s.ctx, s.recorder.system.idleLimit)
	defer s.idle.stop()
	// Where there is nothing to rewind to, Next waits for the first frame.
	_ = s.source.Rewind(s.purpose.back())
	s.skipped = s.source.Skipped()
	s.sets = s.recorder.knownSets()
	err = s.copyUnits()
	if errors.Is(err, errStopped) {
		err = nil
	}
	return errors.Join(err, s.closeSegment())
}

// copyUnits writes access units until the session ends; the recording begins with the first fresh one.
func (s *session) copyUnits() error {
	for {
		au, err := s.next()
		switch {
		case err == errIdle:
			err = s.closeSegment()
		case err == nil && s.begun:
			err = s.add(au)
		case err == nil:
			err = s.late.onDisk(func() error { return s.add(au) })
		}
		if err != nil {
			return err
		}
		s.countSkipped()
		if s.segment != nil {
			s.report(au)
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

// drop counts frames that the camera delivered and that are in no file.
func (s *session) drop(frames uint64) {
	s.dropped += frames
	s.recorder.counters.dropped.Add(frames)
}

// report updates the Recorder's status, once the recording has begun; it begins with the first fresh access unit.
func (s *session) report(au h264.AccessUnit) {
	begins := !s.begun && s.fresh(au) && s.late.end()
	if s.begun || begins {
		s.purpose.progress(s, s.status())
	}
	if begins {
		s.answerStart(s.segment.name, nil)
	}
}

func (s *session) status() Status {
	status := s.segment.status()
	status.Dropped = s.dropped
	return status
}

// next returns the next access unit, errIdle, or why the session ends.
func (s *session) next() (h264.AccessUnit, error) {
	au, err := s.source.Next(s.idle.ctx)
	switch {
	case s.ctx.Err() != nil:
		return au, context.Cause(s.ctx)
	case err == nil:
		s.idle.reset()
		return au, s.stopsBefore(au)
	case s.idle.ctx.Err() != nil:
		s.idle.reset() // and wait again
		return au, s.idleError()
	default:
		return au, apierror.New(apierror.NoVideo, "The camera's video cannot be read; see the camera's state").WithReason("Camera unreadable").WithCause(err)
	}
}

// idleError is errIdle, or errStopped where the recording is over though no frame comes to show it.
func (s *session) idleError() error {
	if _, now := s.recorder.system.now(); s.purpose.isOver(now) {
		return errStopped
	}
	return errIdle
}

// stopsBefore returns errStopped for the first access unit after the end: those that were still in the ring are written.
func (s *session) stopsBefore(au h264.AccessUnit) error {
	at := published(au)
	if stop := s.stopNS.Load(); stop != 0 && at > stop || s.purpose.isOver(at) {
		return errStopped
	}
	return nil
}

// add writes an access unit into the file that it belongs to.
func (s *session) add(au h264.AccessUnit) error {
	au = withSets(&s.sets, au)
	if s.segment != nil && (s.segment.endsBefore(&s.sets, au, s.purpose.longest()) || s.awaitsTooLong(au)) {
		if err := s.closeSegment(); err != nil {
			return err
		}
	}
	if s.unbroken.isLost(au, s.segment != nil) {
		s.drop(1)
		return nil
	}
	if s.segment == nil {
		if err := s.openSegment(au); err != nil || s.segment == nil {
			return err
		}
	}
	err := s.write(au)
	if errors.Is(err, syscall.EFBIG) && s.begun && s.segment.mp4.Samples() > 0 {
		err = s.goOn(au)
	}
	return diskError(err)
}

// awaitsTooLong says whether the file has had no picture for so long that it is better finished.
func (s *session) awaitsTooLong(au h264.AccessUnit) bool {
	return s.unbroken.lost && au.CaptureNS-s.segment.last.CaptureNS > uint64(maxFrameGap)
}

// goOn ends a file that has become as large as the disk takes, and begins another with au. Those behind it end earlier,
// at a keyframe, so that no frame is lost.
func (s *session) goOn(au h264.AccessUnit) error {
	s.maxFile = s.segment.mp4.Size()
	if err := s.closeSegment(); err != nil {
		return err
	}
	if err := s.openSegment(au); err != nil || s.segment == nil {
		return err
	}
	return s.write(au)
}

// write writes an access unit, and the boxes and the sound that have come; where the disk is full, old recordings make room first.
func (s *session) write(au h264.AccessUnit) error {
	err := s.segment.writeMakingRoom(s.recorder.space, s.dir, &s.sets, au)
	if err == nil {
		s.boxes.write(s.segment)
		s.sound.write(s.segment)
	}
	return err
}

// openSegment begins the next file, unless decoding cannot begin at au.
func (s *session) openSegment(au h264.AccessUnit) error {
	sets, ok := trackSetsOf(&s.sets, au.Data)
	if !ok || !h264.IsKeyframe(au.Data) {
		if s.begun {
			s.drop(1)
		}
		return nil
	}
	space := s.recorder.space
	isNew, err := space.count(s.dir)
	if err := errors.Join(err, space.makeRoom(s.dir, "", 0, !s.begun)); err != nil {
		return diskError(err)
	}
	if s.maxFile == 0 {
		s.maxFile = s.dir.MaxFile()
	}
	s.recorder.beginning.Lock()
	segment, err := createSegment(s.dir, s.purpose.label(au.CaptureNS), s.clock.at(au.CaptureNS), sets, au, s.maxFile, s.sound)
	if err == nil {
		space.begins(segment.name)
	}
	s.recorder.beginning.Unlock()
	if err != nil {
		return diskError(err)
	}
	s.segment = segment
	if isNew {
		s.recorder.sayLacks(s.dir, segment.name)
	}
	s.syncer = startSyncer(s, segment)
	return nil
}

// closeSegment finishes the file, or discards it where the recording has not begun, or the disk has taken no picture of it.
func (s *session) closeSegment() error {
	if s.segment == nil {
		return nil
	}
	segment := s.segment
	s.segment = nil
	s.syncer.stop()
	if !s.begun || segment.mp4.Samples() == 0 {
		return diskError(s.recorder.discardFile(s.dir, segment))
	}
	s.sound.finish(segment)
	s.boxes.write(segment)
	written := segment.mp4.Samples()
	err := s.recorder.finishFile(s.dir, segment)
	s.drop(uint64(written - segment.mp4.Samples())) // those that made room for the table
	status := segment.status()
	status.Dropped = s.dropped
	s.purpose.finished(s, segment, status)
	return diskError(err)
}

// fresh says whether au shows that the camera is sending now.
func (s *session) fresh(au h264.AccessUnit) bool {
	_, now := s.recorder.system.now()
	age := maxFreshAge
	if silentAfter := s.recorder.options.SilentAfter; silentAfter != nil {
		age = max(age, silentAfter())
	}
	return published(au)+uint64(age) > now
}

// published is when au was published; a source that does not say knows at least when it was captured.
func published(au h264.AccessUnit) uint64 {
	if au.PublishNS == 0 {
		return au.CaptureNS
	}
	return au.PublishNS
}

// stop ends the session once everything that was published before now is in the file, and waits for that.
func (s *session) stop() {
	_, now := s.recorder.system.now()
	s.stopNS.Store(now)
	late := time.AfterFunc(s.recorder.system.stopTimeout, func() { s.cancel(errStopped) })
	defer late.Stop()
	<-s.done
}
