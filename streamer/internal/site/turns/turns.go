// Package turns is the switches of the camera and its sound on the page: what there is to say of them, and what turns them,
// which is the owner, a program that may, the timer and the week. petcam/web/camera and petcam/web/sound are the same in
// Python; tests/week-cases.json holds the timer of both together. It imports apierror, config, site, sound, switches and week.
package turns

import (
	"log/slog"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/config"
	"petcam/streamer/internal/site"
	"petcam/streamer/internal/switches"
	"petcam/streamer/internal/week"
)

// Options are what the routes and the timer work with.
type Options struct {
	Config        config.Config
	Camera, Sound *switches.Switch
	Schedule      func() (schedule []week.OffTime, known bool) // known is false where it is not known what was set
	OpenSound     func() Source                                // of the audio segment; who asks closes it
	Log           *slog.Logger
}

// Turns is both switches. It is safe for goroutines.
type Turns struct {
	Options
	ear  ear
	zone *time.Location // of the schedule
	said string         // what the timer has logged last; of Run alone
}

// New makes the routes; the timer runs in Run.
func New(options Options) *Turns {
	return &Turns{Options: options, ear: ear{open: options.OpenSound, now: options.Sound.Clock.Monotonic}, zone: time.Local}
}

// Routes are those of the package.
func (t *Turns) Routes() []site.Route {
	return []site.Route{
		{Method: "GET", Path: "/api/camera", Marks: site.ForSwitches, Handle: t.showCamera},
		{Method: "PUT", Path: "/api/camera", Marks: site.ForSwitches, Handle: t.turnCamera},
		{Method: "GET", Path: "/api/sound", Handle: t.showSound},
		{Method: "PUT", Path: "/api/sound", Handle: t.turnSound},
	}
}

// Troubles are what is wrong with the switches' files.
func (t *Turns) Troubles() (all []*apierror.Error) {
	for _, each := range []*switches.Switch{t.Sound, t.Camera} {
		if trouble := each.Trouble(); trouble != nil {
			all = append(all, trouble)
		}
	}
	return all
}

// CameraOn is for who asks often: of at most 0.25 s ago.
func (t *Turns) CameraOn() bool { return t.Camera.On() }

// Microphone is "on" or "off"; empty where there is none.
func (t *Turns) Microphone() string {
	switch {
	case !t.hasMicrophone():
		return ""
	case t.Sound.State().On && t.Camera.On():
		return "on"
	}
	return "off"
}

// CameraJSON is what GET /api/camera answers, which the health has as camera_switch.
func (t *Turns) CameraJSON() site.Object {
	now := t.Camera.State()
	return site.Object{
		{Name: "on", Value: now.On}, {Name: "since", Value: orNull(now.Since)}, {Name: "by", Value: orNull(now.By)},
		{Name: "until", Value: orNull(now.Until)},
	}
}

// SoundHealth is what the health has as sound.
func (t *Turns) SoundHealth() site.Object {
	on := t.hasMicrophone() && t.Camera.On() && t.Sound.On()
	return site.Object{
		{Name: "configured", Value: t.hasMicrophone()}, {Name: "on", Value: on}, {Name: "heard", Value: on && t.ear.hears()},
	}
}

// soundJSON is what GET /api/sound answers.
func (t *Turns) soundJSON() site.Object {
	now := t.Sound.State()
	on := t.hasMicrophone() && now.On && t.Camera.On()
	return site.Object{
		{Name: "configured", Value: t.hasMicrophone()},
		{Name: "on", Value: on},
		{Name: "since", Value: orNull(now.Since)},
		{Name: "by", Value: orNull(now.By)},
		{Name: "heard", Value: on && t.ear.hears()},
		{Name: "recorded", Value: t.hasMicrophone() && t.Config.Recording.Sound == "on"},
	}
}

func (t *Turns) hasMicrophone() bool { return t.Config.Camera.Microphone != "" }

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}
