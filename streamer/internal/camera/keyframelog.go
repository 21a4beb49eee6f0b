package camera

import (
	"log/slog"
	"time"

	"petcam/streamer/internal/h264"
)

// keyframeLog logs that keyframes are missing, and that they come again: once each, also where the state comes and goes
// with every keyframe of a camera that sends one each fifteen seconds.
type keyframeLog struct {
	log  *slog.Logger
	last time.Time // when keyframes were last missing; zero: they come
}

// note takes note of the source's state.
func (k *keyframeLog) note(state, message string, now time.Time) {
	switch {
	case state == NoKeyframe:
		if k.last.IsZero() {
			k.log.Warn("the camera's pictures have no entry point: new viewers and recordings wait for one", "why", message)
		}
		k.last = now
	case state == live && !k.last.IsZero() && now.Sub(k.last) > h264.MaxKeyframeAge+2*maxWait:
		k.log.Info("the camera's keyframes come often enough again")
		k.last = time.Time{}
	}
}
