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
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"petcam/streamer/internal/state"
)

// SoundName is the file's name in petcam-web's state directory, where the viewing tokens are.
const SoundName = "sound.json"

const (
	lookInterval = 250 * time.Millisecond // how soon On knows of a change
	maxFileBytes = 1024

	placeName    = ".petcam-place" // of the mark's half beside the file; the credential with the other is "place"
	maxMarkBytes = 64
)

// Switch is one such file, which petcam-web writes. It is safe for goroutines.
type Switch struct {
	log  *slog.Logger
	now  func() time.Time
	mark string // of the state directory in which the board was set up; empty: there is no such rule

	mu     sync.Mutex // guards what follows
	file   state.File
	looked time.Time
	on     bool
	said   string // in the log, last
}

// Sound is the switch of the camera's sound: on where there is no file, off where it is damaged or cannot be read, or where
// it may be on a disk that is not there, as Mark tells, which is then said in the log, once.
func Sound(path, mark string, log *slog.Logger) *Switch {
	return &Switch{log: log, now: time.Now, mark: mark, file: state.File{Path: path, MaxBytes: maxFileBytes}}
}

// Mark is the half of docs/state.md's mark that is on the root disk, as systemd hands it to the service; empty: there is
// none, as without the package.
func Mark() string {
	directory := os.Getenv("CREDENTIALS_DIRECTORY")
	if directory == "" {
		return ""
	}
	text, err := state.Read(filepath.Join(directory, "place"), maxMarkBytes)
	mark := strings.TrimSpace(string(text))
	if err != nil || mark == "none" { // the unit's SetCredential=
		return ""
	}
	return mark
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
	if errors.Is(err, fs.ErrNotExist) {
		if !s.isPlace() {
			s.turnOff("the state in which this board was set up is not there: sudo petcam doctor")
			return
		}
		text, changed, err = s.file.Text() // its disk may have come in between
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.on, err = true, nil
	case err == nil && !changed:
		return
	case err == nil:
		s.on, err = parse(text)
	}
	if err != nil {
		s.turnOff(fmt.Sprintf("%v; turn it on anew on the page, or: sudo rm %s", err, s.file.Path))
		return
	}
	s.said = ""
}

// turnOff says why, once. Called with mu held.
func (s *Switch) turnOff(why string) {
	s.on = false
	if why != s.said {
		s.said = why
		s.log.Warn(fmt.Sprintf("%s: the microphone is off: %s", s.file.Path, why))
	}
}

// isPlace says whether the file's directory is the one in which the board was set up: in any other, which may be where its
// disk is to be mounted, a file that is missing says nothing.
func (s *Switch) isPlace() bool {
	if s.mark == "" {
		return true
	}
	half, err := state.Read(filepath.Join(filepath.Dir(s.file.Path), placeName), maxMarkBytes)
	return err == nil && strings.TrimSpace(string(half)) == s.mark
}
