package main

import (
	"log/slog"

	"petcam/streamer/internal/config"
	"petcam/streamer/internal/microphone"
	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/switches"
)

// openMicrophone makes what viewers listen to; nil where no microphone is chosen. It opens the audio segment for as long
// as somebody listens.
func openMicrophone(keys config.Camera, log *slog.Logger) *microphone.Microphone {
	if keys.Microphone == "" {
		return nil
	}
	return microphone.New(microphone.Options{
		Open: func() microphone.Source { return shm.OpenSound(keys.Audio, shm.WithLogger(log)) },
		On:   switches.Sound(soundSwitch(), switches.Mark(), log).On,
		Now:  shm.Now,
	})
}
