package rtc

import (
	"sync/atomic"
	"time"
)

const (
	// minRestartInterval bounds how often a viewer is sent the current group of pictures again.
	minRestartInterval = time.Second
	// keyframeInFlight is for how long a request may have been made before the keyframe that was just sent had come.
	keyframeInFlight = 300 * time.Millisecond
	// maxLossAge is how long after a frame was sent a request may be for a part of it that was lost. A decoder notices that
	// within some 200 ms; while nothing comes at all, libwebrtc's ask from 3 s on.
	maxLossAge = 2 * time.Second
)

// keyframeRequests answers a viewer that asks for a keyframe, as one does whose decoder has lost the picture, and one that
// is merely sent nothing because the camera is silent. The old pictures would show that one what has long passed, and leave
// its browser with a wrong idea of when pictures come, so that the new ones stand still for seconds. It is given them once
// there is something newer, to which they lead.
type keyframeRequests struct {
	maxLossAge time.Duration

	begun          time.Time
	sent, keyframe atomic.Int64 // when the newest frame and keyframe were sent, nanoseconds since begun

	answered time.Time // only the goroutine that reads the RTCP uses it
}

// begin is called before anything else: the viewer is about to be sent its first group.
func (r *keyframeRequests) begin(now time.Time) { r.begun, r.answered = now, now }

// noteSent is for the goroutine that sends.
func (r *keyframeRequests) noteSent(keyframe bool, now time.Time) {
	at := int64(now.Sub(r.begun))
	r.sent.Store(at)
	if keyframe {
		r.keyframe.Store(at)
	}
}

// restarter is a subscription to the frames.
type restarter interface {
	Restart() // at the newest keyframe
	Hold()    // until something newer comes, then at the newest keyframe
}

// answer tells whether the request is answered; it is not where its answer is on its way already.
func (r *keyframeRequests) answer(frames restarter, now time.Time) bool {
	at := now.Sub(r.begun)
	if now.Sub(r.answered) < minRestartInterval || at-time.Duration(r.keyframe.Load()) < keyframeInFlight {
		return false
	}
	r.answered = now
	if at-time.Duration(r.sent.Load()) < r.maxLossAge {
		frames.Restart()
	} else {
		frames.Hold()
	}
	return true
}
