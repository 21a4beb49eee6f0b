// Package switches reads the switches that the owner turns on petcam's page. It imports state.
//
// docs/state.md, section "The switch of sound", is the specification; petcam/access/switch.py writes the file, and
// tests/sound-switch-cases.json holds both together.
package switches

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"petcam/streamer/internal/state"
)

// SoundName is the file's name in petcam-web's state directory, where the viewing tokens are.
const SoundName = "sound.json"

const (
	lookInterval = 250 * time.Millisecond // how soon On knows of a change
	maxFileBytes = 1024
)

// Switch is one such file, which petcam-web writes. It is safe for goroutines.
type Switch struct {
	log *slog.Logger
	now func() time.Time

	mu     sync.Mutex // guards what follows
	file   state.File
	looked time.Time
	on     bool
}

// Sound is the switch of the camera's sound: on where there is no file, off where it is damaged or cannot be read, which
// is then said in the log, once.
func Sound(path string, log *slog.Logger) *Switch {
	return &Switch{log: log, now: time.Now, file: state.File{Path: path, MaxBytes: maxFileBytes}}
}

// On tells how it stood at most 250 ms ago.
func (s *Switch) On() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now(); s.looked.IsZero() || now.Sub(s.looked) >= lookInterval {
		s.looked = now
		s.look()
	}
	return s.on
}

// look reads the file where it has changed. Called with mu held.
func (s *Switch) look() {
	text, changed, err := s.file.Text()
	if !changed {
		return
	}
	if errors.Is(err, fs.ErrNotExist) {
		s.on = true
		return
	}
	if err == nil {
		s.on, err = parse(text)
	}
	if err != nil {
		s.on = false
		s.log.Warn(fmt.Sprintf("%[1]s: the microphone is off: %[2]v; turn it on anew on the page, or: sudo rm %[1]s", s.file.Path, err))
	}
}
