package httpapi

import (
	"errors"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/camera"
	"petcam/streamer/internal/record"
)

// noKeyframe is the reason where the camera sends pictures, but decoding can begin at none of them.
const noKeyframe = "No keyframe"

// joinable fails with CameraOff, and with NoVideo while a new viewer would wait for a keyframe, nobody knows how long.
func (a *api) joinable() error {
	if a.On != nil && !a.On() {
		return record.ErrOff
	}
	if health := a.Camera.Health(); health.State == camera.NoKeyframe {
		return withoutKeyframe(health)
	}
	return nil
}

func withoutKeyframe(health camera.Health) error {
	why := health.Message
	if why == "" {
		why = "no keyframe has come yet"
	}
	return apierror.New(apierror.NoVideo, "The camera's picture cannot be joined yet, %s", why).WithReason(noKeyframe)
}

// startRecording begins a recording; at the newest keyframe of the shared memory, however old it is. Where there is none it
// says so at once.
func (a *api) startRecording(label string) (filename string, err error) {
	if health := a.Camera.Health(); health.State == camera.NoKeyframe && health.KeyframeAgeMS < 0 {
		return "", withoutKeyframe(health)
	}
	filename, err = a.Recorder.Start(label)
	return filename, a.noVideo(err)
}

// noVideo gives a NoVideo its reason where pictures come, but none to begin at; any other error as it is.
func (a *api) noVideo(err error) error {
	var failure *apierror.Error
	if errors.As(err, &failure) && failure.Code == apierror.NoVideo && failure.Reason == "" {
		if health := a.Camera.Health(); health.FPS > 0 && health.KeyframeAgeMS < 0 || health.State == camera.NoKeyframe {
			return withoutKeyframe(health)
		}
	}
	return err
}
