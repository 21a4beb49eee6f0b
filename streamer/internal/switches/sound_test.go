package switches

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"petcam/streamer/internal/state/statetest"
)

// cases are tests/sound-switch-cases.json, which the Python tests read too.
type cases struct{ On, Off, Damaged []string }

func readCases(t *testing.T) (c cases) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "tests", "sound-switch-cases.json"))
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil || len(c.On) == 0 || len(c.Off) == 0 || len(c.Damaged) == 0 {
		t.Fatal(err)
	}
	return c
}

// stand is a switch with a clock of the test's own.
type stand struct {
	*Switch
	path string
	log  strings.Builder
	time time.Time
}

func newStand(t *testing.T) *stand {
	t.Helper()
	s := &stand{path: filepath.Join(t.TempDir(), SoundName), time: time.Unix(1000, 0)}
	s.Switch = Sound(s.path, "", slog.New(slog.NewTextHandler(&s.log, nil)))
	s.now = func() time.Time { return s.time }
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
	c, s := readCases(t), newStand(t)
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
}

func TestADamagedFileTurnsItOffAndIsSaidOnce(t *testing.T) {
	c := readCases(t)
	for _, text := range append(c.Damaged, c.On[0]+strings.Repeat(" ", maxFileBytes), "\xff") {
		s := newStand(t)
		s.put(t, text)
		if s.On() || s.later() || strings.Count(s.log.String(), "\n") != 1 || !strings.Contains(s.log.String(), s.path) {
			t.Errorf("%.60q: on, or said: %s", text, s.log.String())
		}
		if s.put(t, c.On[0]); !s.later() {
			t.Errorf("%.60q: it is not heard after that", text)
		}
	}
}

func TestWhateverTheFileHasBecomeSoundIsOff(t *testing.T) {
	for name, damage := range statetest.Damages() {
		t.Run(name, func(t *testing.T) {
			s := newStand(t)
			damage(t, s.path)
			if s.On() || s.later() || strings.Count(s.log.String(), "\n") != 1 {
				t.Errorf("on, or said: %s", s.log.String())
			}
		})
	}
}

func TestWhereTheStateOfTheBoardIsNotThereSoundIsOff(t *testing.T) {
	const mark = "0123456789abcdef0123456789abcdef"
	c, s := readCases(t), newStand(t)
	s.mark = mark
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
	c, s := readCases(t), newStand(t)
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
}
