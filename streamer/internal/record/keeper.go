package record

import (
	"context"
	"slices"
	"sync"
	"time"

	"petcam/streamer/internal/recordname"
)

// mostSaid is how many reasons for one failure are remembered, so that those that take turns are logged once each.
const mostSaid = 8

// mostBehind is how far a slow disk may be behind the camera without costing a visit its end; the shared memory seldom
// holds as much.
const mostBehind = 10 * time.Minute

// ByItself is the Status of what is recorded by itself.
type ByItself struct {
	Status
	Kind string `json:"kind"` // visit or always: that of the file
}

// keeper records by itself, one session after another, whatever ends them. It is the purpose of these, and its goroutine
// (run) is theirs.
type keeper struct {
	recorder *Recorder
	again    chan struct{} // after a failure: it may be over
	said     []string      // why it failed, as the log has it; empty: it does not. The goroutine's

	mu      sync.Mutex    // guards what follows. It is never held while waiting
	changed chan struct{} // closed, and made anew, with each change that somebody may wait for
	mode    Mode
	lease   lease
	all     lease    // of the mode always, once it is over: what was published by then belongs to it
	from    uint64   // CLOCK_MONOTONIC from which on the next session records, as far as the ring holds it; 0: from now
	session *session // nil between two
	ending  bool     // the session takes no more
	off     bool     // the owner has turned the camera off
	failure error    // of the last session; nil: it did not fail, or the next one is under way
	status  Status
	files   []*keptFile // the newest, the newest last
}

func newKeeper(r *Recorder, mode Mode) *keeper {
	return &keeper{recorder: r, again: make(chan struct{}, 1), changed: make(chan struct{}), mode: mode}
}

// run records until the Recorder is closed.
func (k *keeper) run() {
	delay := k.recorder.system.retryFirst
	for k.waitUntilWanted() {
		began := time.Now()
		if !k.record() {
			delay = k.recorder.system.retryFirst
			continue
		}
		if time.Since(began) > k.recorder.system.retryMost {
			delay = k.recorder.system.retryFirst
		}
		k.waitToTry(delay)
		delay = min(2*delay, k.recorder.system.retryMost)
	}
}

// waitUntilWanted waits until something is to be recorded; false: the Recorder is closed.
func (k *keeper) waitUntilWanted() bool {
	for {
		k.mu.Lock()
		wanted := k.isWanted()
		changed := k.changed
		k.mu.Unlock()
		if ended := k.recorder.ctx.Err() != nil; wanted || ended {
			return !ended
		}
		select {
		case <-changed:
		case <-k.recorder.ctx.Done():
		}
	}
}

// isWanted says whether something is to be recorded now. mu must be held.
func (k *keeper) isWanted() bool {
	return !k.off && (k.mode == Always || k.mode == Visits && !k.lease.isOver(k.now()))
}

// record runs one session, and says whether it failed.
func (k *keeper) record() (failed bool) {
	s := newSession(k.recorder, k)
	s.late.endless = true
	if !k.begins(s) {
		return false
	}
	defer context.AfterFunc(k.recorder.ctx, func() { s.cancel(errStopped) })()
	s.run()
	return s.err != nil
}

// begins makes it the session that runs, unless nothing is to be recorded any more.
func (k *keeper) begins(s *session) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.isWanted() {
		return false
	}
	k.session, k.failure = s, nil
	return true
}

// turn ends the session and the lease where the camera is off.
func (k *keeper) turn(on bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	changed := k.off == on
	k.off = !on
	if !on {
		k.lease, k.all, k.from = lease{}, lease{}, 0
		if k.session != nil {
			k.session.cancel(errStopped)
		}
	}
	if changed {
		k.announce()
	}
}

// waitToTry waits, or until what was in the way may be gone.
func (k *keeper) waitToTry(delay time.Duration) {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-k.again:
	case <-k.recorder.ctx.Done():
	}
}

// tryAgain says that what was in the way may be gone.
func (k *keeper) tryAgain() {
	select {
	case k.again <- struct{}{}:
	default:
	}
}

// now is CLOCK_MONOTONIC.
func (k *keeper) now() uint64 {
	_, now := k.recorder.system.now()
	return now
}

// prepare has nothing to do: recovery may take longer than the ring holds what came, and knows which files are written.
func (k *keeper) prepare(*directory) {}

func (k *keeper) open() Source {
	if open := k.recorder.options.ByItself; open != nil {
		return open()
	}
	return k.recorder.openBeside()
}

func (k *keeper) back() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	if now := k.now(); k.from != 0 && now > k.from {
		return time.Duration(now - k.from)
	}
	return 0
}

func (k *keeper) longest() time.Duration {
	if k.modeNow() == Always {
		return min(longestAlways, k.recorder.options.Segment)
	}
	return k.recorder.options.Segment
}

func (k *keeper) label(captureNS uint64) string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.lease.isOver(captureNS) && (k.mode == Always || !k.all.isOver(captureNS)) {
		return always.Mark()
	}
	return visit.Mark()
}

func (k *keeper) isOver(publishedNS uint64) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.mode == Always {
		return k.ending
	}
	// What a writer dates into the future was published by now, and what it dates far into the past lately.
	now := k.now()
	at := max(min(publishedNS, now), now-min(now, uint64(mostBehind)))
	k.ending = k.ending || k.lease.isOver(at) && k.all.isOver(at) // from here on a lease begins another recording
	return k.ending
}

func (k *keeper) progress(s *session, status Status) {
	k.mu.Lock()
	k.status = status
	file := k.newestFile()
	if file == nil || !file.grows || file.firstNS != s.segment.first.CaptureNS {
		file = &keptFile{name: s.segment.name, firstNS: s.segment.first.CaptureNS, grows: true}
		k.addFile(file)
		k.announce()
	}
	file.lastNS = s.segment.last.CaptureNS
	due := k.dueFiles()
	k.mu.Unlock()
	k.sayWell()
	k.renameFiles(s, due)
}

func (k *keeper) finished(s *session, file *segment, status Status) {
	s.clock = wallClock{now: k.recorder.system.now} // one that was set back would else count on for weeks
	k.recorder.countFile(status)
	k.mu.Lock()
	k.status = status
	if newest := k.newestFile(); newest != nil && newest.grows {
		newest.name, newest.grows, newest.failed = file.name, false, false
		k.from = newest.lastNS // where the next session goes on, if this one fails
	}
	due := k.dueFiles()
	k.mu.Unlock()
	k.renameFiles(s, due)
}

func (k *keeper) ended(_ *session, err error) {
	k.mu.Lock()
	k.session, k.ending, k.failure = nil, false, err
	k.status.Recording = false
	if err != nil {
		k.status.Reason, k.status.Error = reasonOf(err)
	}
	message := k.status.Error
	k.announce()
	k.mu.Unlock()
	if err != nil && !slices.Contains(k.said, message) { // once each, however often it is tried
		k.said = append(k.said[max(0, len(k.said)-mostSaid+1):], message)
		k.recorder.options.Log.Error("recording by itself ended; it is tried again and again", "error", err)
	}
}

// sayWell says that what was in the way is gone.
func (k *keeper) sayWell() {
	if len(k.said) > 0 {
		k.said = nil
		k.recorder.options.Log.Info("recording by itself goes on")
	}
}

// announce wakes who waits for a change. mu must be held.
func (k *keeper) announce() {
	close(k.changed)
	k.changed = make(chan struct{})
}

// growing is the state of the file that grows; zero where none does.
func (k *keeper) growing() Status {
	k.mu.Lock()
	defer k.mu.Unlock()
	if newest := k.newestFile(); newest != nil && newest.grows {
		return k.status
	}
	return Status{}
}

// ByItself is the state of what is recorded by itself at this moment; nil in the mode manual, once nothing is any more.
func (r *Recorder) ByItself() *ByItself {
	k := r.keeper
	k.mu.Lock()
	defer k.mu.Unlock()
	status := k.status
	if k.mode == Manual && !status.Recording {
		return nil
	}
	if missing := r.missing.Load(); missing != nil && !status.Recording {
		status.Reason, status.Error = missing.Reason, missing.Message
	}
	of := recordname.KindOf(status.Filename)
	if of == byHand { // there has been no file yet
		of = k.mode.kind()
	}
	return &ByItself{status, string(of)}
}
