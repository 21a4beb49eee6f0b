package record

import (
	"sync/atomic"
	"time"

	"petcam/streamer/internal/apierror"
)

const (
	startTimeout = 2 * time.Second  // without a fresh frame within it, Start says NoVideo; what the disk takes is left out
	diskTimeout  = 10 * time.Second // when the disk takes longer than that for one step, Start says so; less than petcam-web waits
)

var (
	errNoVideo  = apierror.New(apierror.NoVideo, "The camera is not sending; see its state, and try again")
	errDiskSlow = apierror.New(apierror.RecordingFailed, "The disk of recording.directory takes longer than 10 s for a "+
		"write; wait until it has less to do, or use a faster one").WithReason("Disk slow")
	errStopping = apierror.New(apierror.RecordingFailed, "The streamer is stopping; try again when it is back")
)

// patience ends a session that has not begun in time, and knows what took the time: the camera, or the disk. It belongs
// to the session's goroutine.
type patience struct {
	session *session
	endless bool          // nobody waits for the session to begin
	busy    atomic.Bool   // it is the disk that it waits for, until it has begun; anybody may ask
	slow    chan struct{} // closed when the disk is too slow; anybody may wait for it
	left    time.Duration // for the camera
	since   time.Time     // when it last began to run out
	timer   *time.Timer   // nil: the recording has begun, or will not
}

func newPatience(s *session) *patience {
	p := &patience{session: s, slow: make(chan struct{}), left: s.recorder.system.startTimeout}
	p.busy.Store(true)
	return p
}

// begin lets the time for the camera run out.
func (p *patience) begin() {
	p.busy.Store(false)
	if p.endless {
		return
	}
	p.since = time.Now()
	p.timer = time.AfterFunc(p.left, func() { p.session.cancel(errNoVideo) })
}

// onDisk does something with the disk, while the camera's time stands still.
func (p *patience) onDisk(do func() error) error {
	p.busy.Store(true)
	defer p.busy.Store(false)
	if p.endless || !p.end() {
		return do()
	}
	p.left -= time.Since(p.since)
	p.timer = time.AfterFunc(p.session.recorder.system.diskTimeout, func() {
		p.session.cancel(errDiskSlow)
		close(p.slow)
	})
	err := do()
	if p.end() {
		p.begin()
	}
	return err
}

// isSlow says whether the disk has been too slow. Anybody may ask.
func (p *patience) isSlow() bool {
	select {
	case <-p.slow:
		return true
	default:
		return false
	}
}

// end stops the time, and says whether it was not over.
func (p *patience) end() bool {
	if p.endless {
		return true
	}
	inTime := p.timer != nil && p.timer.Stop()
	p.timer = nil
	return inTime
}
