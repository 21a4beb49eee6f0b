package main

import (
	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/site/feed"
)

// feedOptions have the events read the detector's results, and the sound where the camera has a microphone.
func (w *website) feedOptions() feed.Options {
	s := w.service
	keys := s.settings.Camera
	options := feed.Options{
		Detections: func() feed.Results { return s.detections(keys) },
		Streams:    w.streams,
		Now:        shm.Now,
	}
	if keys.Microphone != "" {
		options.Sound = &feed.Sound{
			Open: func() feed.Packets {
				return shm.OpenSound(keys.Audio, shm.WithLogger(s.log), shm.WithGate(s.turned))
			},
			On: func() bool { return s.isOn() && s.soundOn() },
		}
	}
	return options
}
