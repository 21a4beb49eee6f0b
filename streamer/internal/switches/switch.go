// Package switches reads what the owner turns off for all: the camera, and its sound. It imports state.
//
// docs/state.md, section "The switches", is the specification; petcam/access/switch.py writes the files, and
// tests/switch-cases.json holds both together.
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

const (
	lookInterval = 250 * time.Millisecond // how soon On knows of a change
	maxFileBytes = 1024
)

// kind is one of the two files.
type kind struct {
	name   string
	parse  func([]byte) (turned, error)
	effect string // what follows where it cannot be read
	remedy string // %s is the file
}

// turned is what such a file says.
type turned struct {
	on   bool
	atNS uint64 // CLOCK_MONOTONIC of the boot in which it was turned; 0: it does not say
}

var (
	soundKind  = kind{"sound.json", parseSound, "the microphone is off", "turn it on anew on the page, or: sudo rm %s"}
	cameraKind = kind{"camera.json", parseCamera, "the camera is off", "turn it on anew on the page, or: sudo petcam camera on"}
)

// Switch is one such file. It is safe for goroutines.
type Switch struct {
	kind kind
	log  *slog.Logger
	now  func() time.Time
	mark string // of the state directory in which the board was set up; empty: there is no such rule

	mu     sync.Mutex // guards what follows
	file   state.File
	looked time.Time
	last   turned
	said   string // in the log, last
}

// Sound is the switch of the camera's sound, in petcam-web's state directory: on where there is no file, off where it is
// damaged or cannot be read, or where it may be on a disk that is not there, as Mark tells, which is then said in the log,
// once.
func Sound(directory, mark string, log *slog.Logger) *Switch {
	return open(soundKind, directory, mark, log)
}

// Camera is the same of the whole camera.
func Camera(directory, mark string, log *slog.Logger) *Switch {
	return open(cameraKind, directory, mark, log)
}

func open(kind kind, directory, mark string, log *slog.Logger) *Switch {
	file := state.File{Path: filepath.Join(directory, kind.name), MaxBytes: maxFileBytes}
	return &Switch{kind: kind, log: log, now: time.Now, mark: mark, file: file}
}

// Mark is the half of docs/state.md's mark that is on the root disk, as systemd hands it to the service; empty: there is
// none, as without the package.
func Mark() string {
	directory := os.Getenv("CREDENTIALS_DIRECTORY")
	if directory == "" {
		return ""
	}
	mark, err := state.ReadMark(filepath.Join(directory, "place"))
	if err != nil || mark == "none" { // the unit's SetCredential=
		return ""
	}
	return mark
}

// On tells how it stood at most 250 ms ago.
func (s *Switch) On() bool {
	on, _ := s.Turned()
	return on
}

// Turned tells how it stood at most 250 ms ago, and when it was turned, in CLOCK_MONOTONIC of the boot of then; 0: nobody
// knows.
func (s *Switch) Turned() (on bool, atNS uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.now(); s.looked.IsZero() || now.Sub(s.looked) >= lookInterval {
		s.looked = now
		s.look()
	}
	return s.last.on, s.last.atNS
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
		s.last, err = turned{on: true}, nil
	case err == nil && !changed:
		return
	case err == nil:
		s.last, err = s.kind.parse(text)
	}
	if err != nil {
		s.turnOff(fmt.Sprintf("%v; %s", err, strings.ReplaceAll(s.kind.remedy, "%s", s.file.Path)))
		return
	}
	s.said = ""
}

// turnOff says why, once. Called with mu held.
func (s *Switch) turnOff(why string) {
	s.last = turned{}
	if why != s.said {
		s.said = why
		s.log.Warn(fmt.Sprintf("%s: %s: %s", s.file.Path, s.kind.effect, why))
	}
}

// isPlace says whether the file's directory is the one in which the board was set up: in any other, which may be where its
// disk is to be mounted, a file that is missing says nothing.
func (s *Switch) isPlace() bool {
	if s.mark == "" {
		return true
	}
	half, err := state.Mark(filepath.Dir(s.file.Path))
	return err == nil && half == s.mark
}
