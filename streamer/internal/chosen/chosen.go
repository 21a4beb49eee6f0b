// Package chosen reads of what a family sets on the page that which petcam-streamer heeds. It imports apierror, state and
// week.
//
// docs/state.md, section "Settings", is the specification; petcam/settings writes the file, and tests/settings-cases.json
// and tests/week-cases.json hold both together.
package chosen

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/state"
	"petcam/streamer/internal/week"
)

const (
	name         = "settings.json"
	maxFileBytes = 64 << 10
	lookInterval = 500 * time.Millisecond // how soon RecordingMode knows of a change

	remedy  = "set it anew on the page, below Settings"
	noPlace = "the state in which this board was set up is not there: sudo petcam doctor"
)

// Settings are those of the file. Safe for goroutines.
type Settings struct {
	log  *slog.Logger
	now  func() time.Time
	mark string // of the state directory in which the board was set up; empty: there is no such rule

	mu     sync.Mutex // guards what follows
	file   state.File
	looked time.Time
	values values
	fault  string
}

// values are what is heeded of the file.
type values struct {
	mode     string
	schedule []week.OffTime
	known    bool // it is known what was set
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
	return s.values.mode
}

// Schedule is the camera's week, as it was half a second ago at most; known is false where it is not known what was set, as
// the file is damaged or cannot be read.
func (s *Settings) Schedule() (schedule []week.OffTime, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refresh()
	return s.values.schedule, s.values.known
}

// Trouble is what is wrong with the file, whatever its directory is, as petcam-web says it.
func (s *Settings) Trouble() *apierror.Error {
	file := state.NewStateFile(filepath.Dir(s.file.Path), kind(), slog.New(slog.DiscardHandler))
	return state.Trouble(file, parse)
}

func kind() state.Kind {
	return state.Kind{
		Name: name, MaxBytes: maxFileBytes, Effect: "all settings are as petcam brings them",
		Remedy: "set them anew on the page, below Settings", Key: "trouble.settings", Command: state.Doctor,
	}
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
	found, err := s.look()
	fault := ""
	switch {
	case err != nil && found.mode != "":
		fault = fmt.Sprintf("%s: what is recorded by itself stays as it was: %v", s.file.Path, err)
	case err != nil:
		fault = fmt.Sprintf("%s: what is recorded by itself is as petcam.yaml says: %v", s.file.Path, err)
	}
	if fault != "" && fault != s.fault {
		s.log.Warn(fault)
	}
	s.values, s.fault = found, fault
}

// look gives what holds now, also where there is an error. Called with mu held.
func (s *Settings) look() (values, error) {
	if err := s.checkPlace(); err != nil {
		return s.whileUnknown(err)
	}
	text, changed, err := s.file.Text()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return values{known: true}, nil
	case err != nil:
		return s.whileUnknown(fmt.Errorf("%w; %s", err, remedy))
	case !changed && s.fault == "":
		return s.values, nil
	}
	found, err := parse(text)
	if err != nil {
		return values{}, fmt.Errorf("it %w; %s", err, remedy)
	}
	return found, nil
}

// whileUnknown is what holds while something cannot be read: the mode that did before, where the file itself may be whole
// (no descriptor was left, the disk did not answer). Called with mu held.
func (s *Settings) whileUnknown(err error) (values, error) {
	var failed *fs.PathError
	if errors.As(err, &failed) {
		return values{mode: s.values.mode}, err
	}
	return values{}, err
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
