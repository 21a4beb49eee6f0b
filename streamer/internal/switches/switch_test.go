package switches

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"petcam/streamer/internal/access"
	"petcam/streamer/internal/state/statetest"
)

// cases are those of one switch in tests/switch-cases.json, which the Python tests read too.
type cases struct{ On, Off, Damaged, Says []string }

// forEach tries both switches, each by its cases.
func forEach(t *testing.T, try func(t *testing.T, c cases, s *stand)) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "tests", "switch-cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all struct{ Sound, Camera cases }
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for name, kind := range map[string]kind{"sound": soundKind(), "camera": cameraKind()} {
		c := map[string]cases{"sound": all.Sound, "camera": all.Camera}[name]
		if len(c.On) == 0 || len(c.Off) == 0 || len(c.Damaged) == 0 {
			t.Fatal("cases are missing")
		}
		t.Run(name, func(t *testing.T) { try(t, c, newStand(t, kind)) })
	}
}

// stand is a switch with a clock of the test's own.
type stand struct {
	*Switch
	path string
	log  strings.Builder
	time time.Time
}

func newStand(t *testing.T, kind kind) *stand {
	t.Helper()
	directory := t.TempDir()
	s := &stand{path: filepath.Join(directory, kind.Name), time: time.Unix(1000, 0)}
	s.Switch = open(kind, directory, "", slog.New(slog.NewTextHandler(&s.log, nil)))
	s.Clock.Wall = func() time.Time { return s.time }
	return s
}

// put writes the file whole, as petcam-web does.
func (s *stand) put(t *testing.T, text string) {
	t.Helper()
	if err := os.WriteFile(s.path+".new", []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(s.path+".new", s.path); err != nil {
		t.Fatal(err)
	}
}

// later asks once the last answer is no longer good.
func (s *stand) later() bool {
	s.time = s.time.Add(lookInterval)
	return s.On()
}

func TestItIsOnUntilSomebodyTurnsItAndAsTheFileSaysThen(t *testing.T) {
	forEach(t, func(t *testing.T, c cases, s *stand) {
		if !s.On() {
			t.Error("off without a file")
		}
		for _, text := range c.Off {
			if s.put(t, text); s.later() {
				t.Errorf("%s: on", text)
			}
		}
		for _, text := range c.On {
			if s.put(t, text); !s.later() {
				t.Errorf("%s: off", text)
			}
		}
		s.put(t, c.Off[0])
		if s.later() {
			t.Error("on")
		}
		if err := os.Remove(s.path); err != nil {
			t.Fatal(err)
		}
		if !s.later() || s.log.Len() != 0 {
			t.Errorf("off once the file was removed, or said: %s", s.log.String())
		}
	})
}

func TestADamagedFileTurnsItOffAndIsSaidOnce(t *testing.T) {
	forEach(t, func(t *testing.T, c cases, s *stand) {
		for _, text := range append(c.Damaged, c.On[0]+strings.Repeat(" ", maxFileBytes), "\xff") {
			s := newStand(t, s.kind)
			s.put(t, text)
			if s.On() || s.later() || strings.Count(s.log.String(), "\n") != 1 || !strings.Contains(s.log.String(), s.path) {
				t.Errorf("%.60q: on, or said: %s", text, s.log.String())
			}
			if s.put(t, c.On[0]); !s.later() {
				t.Errorf("%.60q: it is not heard after that", text)
			}
		}
	})
}

func TestWhateverTheFileHasBecomeItIsOff(t *testing.T) {
	for name, damage := range statetest.Damages() {
		t.Run(name, func(t *testing.T) {
			s := newStand(t, cameraKind())
			damage(t, s.path)
			if s.On() || s.later() || strings.Count(s.log.String(), "\n") != 1 {
				t.Errorf("on, or said: %s", s.log.String())
			}
		})
	}
}

func TestWhereTheStateOfTheBoardIsNotThereItIsOff(t *testing.T) {
	forEach(t, func(t *testing.T, c cases, s *stand) {
		const mark = "0123456789abcdef0123456789abcdef"
		s.place = access.NewPlace(filepath.Dir(s.path), mark)
		half := filepath.Join(filepath.Dir(s.path), ".petcam-place")
		put := func(text string) {
			t.Helper()
			if err := os.WriteFile(half, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if s.On() || s.later() || strings.Count(s.log.String(), "\n") != 1 {
			t.Errorf("on while its disk is not mounted, or said: %s", s.log.String())
		}
		put(strings.Repeat("f", 32) + "\n")
		if s.later() {
			t.Error("on beside another board's mark")
		}
		put(mark + "\n")
		if !s.later() {
			t.Error("off in a state that has not turned it")
		}
		if s.put(t, c.Off[0]); s.later() {
			t.Error("on")
		}
		for _, path := range []string{half, s.path} { // the disk goes
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
		if s.later() {
			t.Error("on once its disk has gone")
		}
	})
}

func TestTheMarkIsTheCredential(t *testing.T) {
	directory := t.TempDir()
	for text, want := range map[string]string{"": "", "none": "", "0123\n": "0123"} {
		t.Setenv("CREDENTIALS_DIRECTORY", directory)
		if text != "" {
			if err := os.WriteFile(filepath.Join(directory, "place"), []byte(text), 0o400); err != nil {
				t.Fatal(err)
			}
		}
		if got := Mark(); got != want {
			t.Errorf("%q: %q", text, got)
		}
		_ = os.Remove(filepath.Join(directory, "place"))
	}
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	if got := Mark(); got != "" {
		t.Error(got)
	}
}

func TestItLooksFourTimesASecondAtMost(t *testing.T) {
	forEach(t, func(t *testing.T, c cases, s *stand) {
		if !s.On() {
			t.Fatal("off without a file")
		}
		s.put(t, c.Off[0])
		s.time = s.time.Add(lookInterval - 1)
		if !s.On() {
			t.Error("it looked too soon")
		}
		s.time = s.time.Add(1)
		if s.On() {
			t.Error("it did not look")
		}
	})
}

func TestTheCameraSaysWhenItWasTurned(t *testing.T) {
	s := newStand(t, cameraKind())
	if on, at := s.Turned(); !on || at != 0 {
		t.Error("without a file", on, at)
	}
	s.put(t, `{"version": 1, "on": false, "since": "2026-11-28T01:00:00Z", "by": "owner", "until": null, "at_ns": 123456789}`)
	s.time = s.time.Add(lookInterval)
	if on, at := s.Turned(); on || at != 123456789 {
		t.Error(on, at)
	}
	s.put(t, "damaged")
	s.time = s.time.Add(lookInterval)
	if on, at := s.Turned(); on || at != 0 {
		t.Error("damaged", on, at)
	}
}
