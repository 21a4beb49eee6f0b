package record

import "time"

// purpose is what a session records for: somebody who asked for it, or by itself. Its methods are called by the session's
// goroutine.
type purpose interface {
	// prepare is called before anything is written.
	prepare(dir *directory)
	open() Source
	// back is how far before now the session begins, at most.
	back() time.Duration
	// longest is how long a file may be.
	longest() time.Duration
	// label is what stands behind the time in the name of a file whose first picture was captured then: as in fileName.
	label(captureNS uint64) string
	// isOver says whether what was published then does not belong to the recording any more, which ends.
	isOver(publishedNS uint64) bool
	// progress is called after each access unit, once the recording has begun; the file that grows is s.segment.
	progress(s *session, status Status)
	// finished is called with each file that grows no more.
	finished(s *session, file *segment, status Status)
	// ended is called last; err says why the session ended by itself.
	ended(s *session, err error)
}

// byHandPurpose is a recording from Start to Stop.
type byHandPurpose struct {
	recorder *Recorder
	name     string // a label for the names of files
}

// prepare finishes first what a crash left.
func (p byHandPurpose) prepare(dir *directory) {
	p.recorder.recovery.Lock()
	defer p.recorder.recovery.Unlock()
	p.recorder.recoverFiles(dir)
}

func (p byHandPurpose) open() Source           { return p.recorder.open() }
func (p byHandPurpose) back() time.Duration    { return p.recorder.options.PreRoll }
func (p byHandPurpose) longest() time.Duration { return p.recorder.options.Segment }
func (p byHandPurpose) label(uint64) string    { return p.name }
func (p byHandPurpose) isOver(uint64) bool     { return false } // Stop says so

func (p byHandPurpose) progress(_ *session, status Status) { p.recorder.progress(status) }

func (p byHandPurpose) finished(_ *session, _ *segment, status Status) { p.recorder.closedFile(status) }

func (p byHandPurpose) ended(s *session, err error) { p.recorder.ended(s, err) }
