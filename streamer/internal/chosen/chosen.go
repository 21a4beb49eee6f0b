// Package chosen reads of what a family sets on the page that which petcam-streamer heeds. It imports state.
//
// docs/state.md, section "Settings", is the specification; petcam/settings writes the file, and tests/settings-cases.json
// holds both together.
package chosen

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"petcam/streamer/internal/state"
)

const (
	name         = "settings.json"
	maxFileBytes = 64 << 10
	lookInterval = 500 * time.Millisecond // how soon RecordingMode knows of a change

	remedy  = "set it anew on the page, below Settings"
	noPlace = "the state in which this board was set up is not there: sudo petcam doctor"
)

// modes are what recording_mode may be besides null.
var modes = []string{"manual", "visits", "always"}

// Settings are those of the file. Safe for goroutines.
type Settings struct {
	log  *slog.Logger
	now  func() time.Time
	mark string // of the state directory in which the board was set up; empty: there is no such rule

	mu     sync.Mutex // guards what follows
	file   state.File
	looked time.Time
	mode   string
	fault  string
}

// New does not read the file yet, which is in petcam-web's state directory. For mark see switches.Mark.
func New(directory, mark string, log *slog.Logger) *Settings {
	file := state.File{Path: filepath.Join(directory, name), MaxBytes: maxFileBytes}
	return &Settings{log: log, now: time.Now, mark: mark, file: file}
}

// RecordingMode is what was chosen, half a second ago at most, in place of the configuration's recording.mode: manual,
// visits or always. Empty: nothing was, or the file is damaged or may be on a disk that is not there, which is then said in
// the log, once.
func (s *Settings) RecordingMode() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refresh()
	return s.mode
}

// Fault says why nothing can be known of the settings, and what to do; empty: all is as it should be.
func (s *Settings) Fault() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refresh()
	return s.fault
}

// refresh looks, where the last look was a while ago. Called with mu held.
func (s *Settings) refresh() {
	now := s.now()
	if !s.looked.IsZero() && now.Sub(s.looked) < lookInterval {
		return
	}
	s.looked = now
	mode, err := s.look()
	fault := ""
	switch {
	case err != nil && mode != "":
		fault = fmt.Sprintf("%s: what is recorded by itself stays as it was: %v", s.file.Path, err)
	case err != nil:
		fault = fmt.Sprintf("%s: what is recorded by itself is as petcam.yaml says: %v", s.file.Path, err)
	}
	if fault != "" && fault != s.fault {
		s.log.Warn(fault)
	}
	s.mode, s.fault = mode, fault
}

// look gives what holds now, also where there is an error. Called with mu held.
func (s *Settings) look() (mode string, err error) {
	if err := s.checkPlace(); err != nil {
		return s.whileUnknown(err)
	}
	text, changed, err := s.file.Text()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", nil
	case err != nil:
		return s.whileUnknown(fmt.Errorf("%w; %s", err, remedy))
	case !changed && s.fault == "":
		return s.mode, nil
	}
	if mode, err = parse(text); err != nil {
		return "", fmt.Errorf("it %w; %s", err, remedy)
	}
	return mode, nil
}

// whileUnknown is what holds while something cannot be read: what did before, where the file itself may be whole (no
// descriptor was left, the disk did not answer). Called with mu held.
func (s *Settings) whileUnknown(err error) (string, error) {
	var failed *fs.PathError
	if errors.As(err, &failed) {
		return s.mode, err
	}
	return "", err
}

// checkPlace says whether the directory is the one in which the board was set up: what is in any other, which may be where
// its disk is to be mounted, says nothing.
func (s *Settings) checkPlace() error {
	if s.mark == "" {
		return nil
	}
	half, err := state.Mark(filepath.Dir(s.file.Path))
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && half != s.mark:
		return errors.New(noPlace)
	case err != nil:
		return fmt.Errorf("%w; sudo petcam doctor", err)
	}
	return nil
}

// parse reads the mode out of a file that is whole; what else is in it others heed.
func parse(text []byte) (mode string, err error) {
	document, err := state.Unsealed(text)
	if err != nil {
		return "", err
	}
	found, there := document["recording_mode"]
	mode, isText := found.(string)
	isMode := isText && slices.Contains(modes, mode)
	if !there || found != nil && !isMode {
		return "", errors.New("has a bad recording_mode")
	}
	return mode, nil
}
