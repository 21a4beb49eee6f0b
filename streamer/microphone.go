package main

import (
	"log/slog"

	"petcam/streamer/internal/config"
	"petcam/streamer/internal/microphone"
	"petcam/streamer/internal/shm"
)

// openMicrophone makes what viewers listen to; nil where no microphone is chosen. It opens the audio segment for as long
// as somebody listens; on says whether it may be heard.
func openMicrophone(keys config.Camera, gate shm.Gate, on func() bool, log *slog.Logger) *microphone.Microphone {
	if keys.Microphone == "" {
		return nil
	}
	return microphone.New(microphone.Options{
		Open: func() microphone.Source { return shm.OpenSound(keys.Audio, shm.WithLogger(log), shm.WithGate(gate)) },
		On:   on,
		Now:  shm.Now,
	})
}
