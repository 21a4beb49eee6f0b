// Package switches reads what the owner turns off for all, the camera and its sound, and turns it where petcam-streamer
// serves the page. It imports access, apierror and state.
//
// docs/state.md, section "The switches", is the specification; petcam/access/switch.py does the same, and
// tests/switch-cases.json holds both together.
package switches

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/access"
	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/state"
)

const (
	lookInterval = 250 * time.Millisecond // how soon On knows of a change
	maxFileBytes = 1024

	// MaxOffMinutes is for how long the camera may be turned off; longer is until somebody turns it on.
	MaxOffMinutes = 7 * 24 * 60
)

// kind is one of the two files.
type kind struct {
	state.Kind
	parse    func([]byte) (State, error)
	document func(State) state.Fields
}

func soundKind() kind {
	file := state.Kind{
		Name: "sound.json", Effect: "the microphone is off", Key: "trouble.sound_switch",
		Remedy: "turn it on anew on the page, or: sudo rm {path}",
	}
	return kind{shared(file), parseSound, soundDocument}
}

func cameraKind() kind {
	file := state.Kind{
		Name: "camera.json", Effect: "the camera is off", Key: "trouble.camera_switch",
		Remedy: "turn it on anew on the page, or: sudo petcam camera on",
	}
	return kind{shared(file), parseCamera, cameraDocument}
}

// shared is a kind that all services read, as members of the directory's group.
func shared(file state.Kind) state.Kind {
	file.MaxBytes, file.Command, file.Mode = maxFileBytes, state.Doctor, 0o640
	return file
}

// Clock is the board's.
type Clock struct {
	Wall      func() time.Time
	Monotonic func() int64 // CLOCK_MONOTONIC in ns
}

// Switch is one such file. It is safe for goroutines.
type Switch struct {
	Clock Clock // tests put one of their own in its place

	kind  kind
	log   *slog.Logger
	place *access.Place // whether the directory is the one in which the board was set up
	file  *state.StateFile

	mu     sync.Mutex // guards what follows
	looked time.Time
	last   State
	said   string // in the log, of the place
	isRead bool   // the file was, and is whole; what follows is of then
	stamp  state.Stamp
	read   State
}

// Sound is the switch of the camera's sound, in petcam-web's state directory: on where there is no file, off where it is
// damaged or cannot be read, or where it may be on a disk that is not there, as Mark tells, which is then said in the log,
// once.
func Sound(directory, mark string, log *slog.Logger) *Switch {
	return open(soundKind(), directory, mark, log)
}

// Camera is the same of the whole camera.
func Camera(directory, mark string, log *slog.Logger) *Switch {
	return open(cameraKind(), directory, mark, log)
}

func open(kind kind, directory, mark string, log *slog.Logger) *Switch {
	place, file := access.NewPlace(directory, mark), state.NewStateFile(directory, kind.Kind, log)
	return &Switch{Clock: Clock{time.Now, monotonic}, kind: kind, log: log, place: place, file: file}
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

func monotonic() int64 {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) // cannot fail with this clock
	return now.Nano()
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
	if now := s.Clock.Wall(); s.looked.IsZero() || now.Sub(s.looked) >= lookInterval {
		s.looked, s.last = now, s.look()
	}
	return s.last.On, uint64(s.last.AtNS)
}

// State is how it stands now.
func (s *Switch) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.look()
}

// Path is the file's.
func (s *Switch) Path() string { return s.file.Path }

// Read is State, and why it is off where nobody knows how it was turned. The log says nothing of it.
func (s *Switch) Read() (State, *apierror.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.whole()
}

// Trouble is what is wrong with the file, whatever its directory is.
func (s *Switch) Trouble() *apierror.Error { return state.Trouble(s.file, s.kind.parse) }

// Turn turns it for all, at once and after restarts, and returns once that is durable; minutes: for how long the camera is
// off; 0: until somebody turns it on. Its errors are StateNotWritten, StateNotSynced, and StateDamaged where the directory
// is not the one in which the board was set up: it is off then.
func (s *Switch) Turn(on bool, by string, minutes int) error {
	if trouble := s.place.TroubleNow(); trouble != nil {
		return trouble
	}
	now := s.Clock.Wall().UTC()
	to := State{On: on, Since: now.Format(timeLayout), By: by, AtNS: s.Clock.Monotonic()}
	if !on && minutes > 0 {
		to.Until = now.Add(time.Duration(minutes) * time.Minute).Format(timeLayout)
	}
	content, err := state.JSON(s.kind.document(to))
	if err != nil {
		return err
	}
	defer s.forget()
	return s.file.Write(content)
}

// forget makes who asks next know of a change at once.
func (s *Switch) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.looked = time.Time{}
}

// look reads the file where it has changed. What is wrong is in the log, once. Called with mu held.
func (s *Switch) look() State {
	found, trouble := s.whole()
	if trouble != nil {
		s.say(trouble)
		return State{}
	}
	s.said = ""
	return found
}

// whole is how it stands where nothing is wrong. Called with mu held.
func (s *Switch) whole() (State, *apierror.Error) {
	if trouble := s.place.TroubleNow(); trouble != nil {
		return State{}, trouble
	}
	stamp, there := state.StampOf(s.file.Path)
	if s.isRead && there && stamp == s.stamp {
		return s.read, nil
	}
	found, has, err := state.Parsed(s.file, s.kind.parse)
	s.isRead, s.stamp, s.read = err == nil && has && there, stamp, found
	switch {
	case err != nil:
		return State{}, state.AsError(err)
	case !has:
		return State{On: true}, s.place.TroubleNow() // its disk may have gone meanwhile
	}
	return found, nil
}

// say puts it into the log, once; of a damaged file its reader has said it. Called with mu held.
func (s *Switch) say(trouble *apierror.Error) {
	said := ""
	if trouble.Key != s.kind.Key {
		said = fmt.Sprintf("%s: %s: %s", s.file.Path, s.kind.Effect, trouble.Message)
	}
	if said != "" && said != s.said {
		s.log.Error(said)
	}
	s.said = said
}
