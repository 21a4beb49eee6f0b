package main

import (
	"context"
	"os"
	"strings"
	"time"

	who "petcam/streamer/internal/access" // the name access is taken here
	"petcam/streamer/internal/detections"
	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/rdkx5"
	"petcam/streamer/internal/sound"
	"petcam/streamer/internal/state"
	"petcam/streamer/internal/switches"
)

const (
	recordTimeout = 1500 * time.Millisecond // a living writer may take this long for its next record
	lookAgain     = 20 * time.Millisecond
	heardPackets  = 50 // a second

	doctorSays = "; sudo petcam doctor says more" // at the end of what others say
)

// checkCamera says whether the owner lets the camera be on, and what it sends then.
func (d *doctor) checkCamera() {
	directory := state.Directory()
	mark := who.OtherHalf(directory)
	found, trouble := switches.Camera(directory, mark, quietly()).Read()
	switch {
	case trouble != nil:
		d.say(broken, "camera", "is off: %s", trouble.Message)
		return
	case !found.On:
		until := ""
		if found.Until != "" {
			until = "until " + found.Until + ", "
		}
		d.say(look, "camera", "is off, %sturned off at %s by %s; to turn it on: sudo petcam camera on", until, found.Since, found.By)
		return
	}
	d.say(fine, "camera", "is on, as far as its owner goes")
	d.checkVideo()
	d.checkDetections()
	if d.config.Camera.Microphone != "" {
		d.checkSound(switches.Sound(directory, mark, quietly()))
	}
}

// checkVideo reads a picture as the service would.
func (d *doctor) checkVideo() {
	name := d.config.Camera.Stream
	reader := shm.Open(name, shm.WithLogger(quietly()))
	if d.config.Camera.Layout == "rdk-x5" {
		reader = rdkx5.Open(name, shm.WithLogger(quietly()))
	}
	defer reader.Close()
	ctx, cancel := context.WithTimeout(context.Background(), recordTimeout)
	defer cancel()
	if unit, err := reader.Next(ctx); err == nil {
		d.say(fine, "video", "%s: %d×%d, frame %d", name, unit.Width, unit.Height, unit.FrameNumber)
		return
	}
	switch state, words := reader.State(); state {
	case shm.Refused:
		d.say(broken, "video", "%s", strings.TrimSuffix(words, doctorSays))
	case shm.Live, shm.NoKeyframe:
		d.say(look, "video", "%s: no keyframe for 1 s: lower the camera's keyframe interval", name)
	default:
		d.say(look, "video", "%s: %s", name, d.whyNothing("video", name))
	}
}

func (d *doctor) checkDetections() {
	name := d.config.Camera.Detections
	reader := shm.OpenDetections(name, shm.WithLogger(quietly()))
	if d.config.Camera.Layout == "rdk-x5" {
		reader = rdkx5.OpenDetections(name, shm.WithLogger(quietly()))
	}
	defer reader.Close()
	var found detections.Result
	for end := time.Now().Add(recordTimeout); time.Now().Before(end); shm.Sleep(lookAgain) {
		if reader.Poll(&found) {
			d.say(fine, "detections", "%s: %d×%d, frame %d", name, found.Width, found.Height, found.FrameNumber)
			return
		}
	}
	if fault := reader.Fault(); fault != "" {
		d.say(broken, "detections", "%s: %s", name, strings.TrimSuffix(fault, doctorSays))
		return
	}
	d.say(look, "detections", "%s: %s", name, d.whyNothing("detections", name))
}

// whyNothing comes from a segment that is none, or to which nothing is written.
func (d *doctor) whyNothing(subject, name string) string {
	info, err := os.Stat(shm.Directory + name)
	isBoards := err == nil && (info.Size() == rdkx5.Size || rdkx5.HasDetections(info.Size()))
	layout := d.config.Camera.Layout
	switch {
	case layout != "rdk-x5" && isBoards:
		return "its daemon writes the layout rdk-x5: set camera.layout to rdk-x5"
	case layout != "rdk-x5":
		return "nothing comes; is its daemon, or petcam-feed, running?"
	case err != nil:
		return "is not there; is the board's daemon running, and is its name right in the configuration?"
	case subject == "detections":
		return "no result in 1.5 s, as is usual while the detector finds nothing"
	}
	return "nothing comes; is the board's daemon running? Restart it, and look at the camera"
}

// checkSound says what is heard, unless the owner has turned it off: none of it goes on then.
func (d *doctor) checkSound(turned *switches.Switch) {
	state, trouble := turned.Read()
	switch {
	case trouble != nil:
		d.say(broken, "sound", "the microphone is off: %s", trouble.Message)
		return
	case !state.On:
		d.say(look, "sound", "ended by the owner since %s: begin it again on the page, or: sudo rm %s", state.Since, turned.Path())
		return
	}
	camera := d.config.Camera
	loudest, peak, heard, fault := listenTo(camera.Audio)
	switch {
	case fault != "":
		d.say(broken, "sound", "%s: %s", camera.Audio, strings.TrimSuffix(fault, doctorSays))
	case heard:
		d.say(fine, "sound", "%.0f dBFS, peaks %.0f is heard", loudest, peak)
	default:
		d.say(look, "sound", "nothing is heard by camera.microphone (%s); is petcam-feed running?", camera.Microphone)
	}
}

// listenTo gives the loudest of a second's packets. What is older was heard by a feed that was killed since, and left its
// segment.
func listenTo(name string) (loudest, peak float32, heard bool, fault string) {
	reader := shm.OpenSound(name, shm.WithLogger(quietly()))
	defer reader.Close()
	loudest, peak = -96, -96
	oldest := shm.Now() - uint64(time.Second)
	var packet sound.Packet
	for count := 0; count < heardPackets; {
		ctx, cancel := context.WithTimeout(context.Background(), recordTimeout)
		err := reader.Next(ctx, &packet)
		cancel()
		if err != nil {
			break
		}
		if packet.PublishNS >= oldest {
			loudest, peak, heard = max(loudest, packet.RMS), max(peak, packet.Peak), true
			count++
		}
	}
	if !heard {
		fault = reader.Fault()
	}
	return loudest, peak, heard, fault
}
