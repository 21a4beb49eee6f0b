package chosen

import (
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"petcam/streamer/internal/state/statetest"
)

// cases are those of tests/settings-cases.json, which the Python tests read too.
type cases struct {
	Chosen  map[string][]string
	Damaged []string
}

func readCases(t *testing.T) (c cases) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "tests", "settings-cases.json"))
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil || len(c.Chosen) != 4 || len(c.Damaged) == 0 {
		t.Fatal("cases are missing", err)
	}
	return c
}

// stand is a file with a clock of the test's own.
type stand struct {
	*Settings
	path string
	log  strings.Builder
	time time.Time
}

func newStand(t *testing.T) *stand {
	t.Helper()
	directory := t.TempDir()
	s := &stand{path: filepath.Join(directory, name), time: time.Unix(1000, 0)}
	s.Settings = New(directory, "", slog.New(slog.NewTextHandler(&s.log, nil)))
	s.now = func() time.Time { return s.time }
	return s
}

// put writes a file whole, as petcam-web does.
func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path+".new", []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// later asks once the last answer is no longer good.
func (s *stand) later() string {
	s.time = s.time.Add(lookInterval)
	return s.RecordingMode()
}

// isFault says whether nothing is chosen, and that it was said once, with words in it.
func (s *stand) isFault(t *testing.T, words string) {
	t.Helper()
	if mode := s.later() + s.later(); mode != "" {
		t.Errorf("the mode is %s", mode)
	}
	if fault := s.Fault(); !strings.HasPrefix(fault, s.path) || !strings.Contains(fault, words) {
		t.Errorf("the fault is %q", fault)
	}
	if lines := strings.Count(s.log.String(), "\n"); lines != 1 || !strings.Contains(s.log.String(), words) {
		t.Errorf("the log has %s", s.log.String())
	}
}

func TestTheModeIsTheOneThatWasChosenAndNoneWithoutAFile(t *testing.T) {
	s := newStand(t)
	if mode := s.RecordingMode(); mode != "" {
		t.Error(mode)
	}
	for mode, texts := range readCases(t).Chosen {
		for _, text := range texts {
			put(t, s.path, text)
			if got := s.later(); got != mode || s.later() != mode {
				t.Errorf("%q instead of %q: %s", got, mode, text)
			}
		}
	}
	put(t, s.path, readCases(t).Chosen["always"][0])
	if s.later() != "always" {
		t.Error("not always")
	}
	if err := os.Remove(s.path); err != nil {
		t.Fatal(err)
	}
	if mode := s.later(); mode != "" || s.Fault() != "" || s.log.Len() != 0 {
		t.Errorf("%q, the log has %s", mode, s.log.String())
	}
}

func TestADamagedFileChoosesNoneAndIsSaidOnce(t *testing.T) {
	c := readCases(t)
	for _, text := range append(c.Damaged, c.Chosen["always"][0]+strings.Repeat(" ", maxFileBytes), "\xff") {
		s := newStand(t)
		put(t, s.path, c.Chosen["always"][0])
		if s.RecordingMode() != "always" {
			t.Fatal("not always")
		}
		put(t, s.path, text)
		s.isFault(t, remedy)
		if put(t, s.path, c.Chosen["manual"][0]); s.later() != "manual" || s.Fault() != "" {
			t.Errorf("%.60q: what is put in its place is not heeded", text)
		}
	}
}

func TestWhateverTheFileHasBecomeNoneIsChosen(t *testing.T) {
	for name, damage := range statetest.Damages() {
		t.Run(name, func(t *testing.T) {
			s := newStand(t)
			damage(t, s.path)
			s.isFault(t, remedy)
		})
	}
}

func TestInAStateThatIsNotTheBoardsNoneIsChosen(t *testing.T) {
	always := readCases(t).Chosen["always"][0]
	s := newStand(t)
	s.mark = "0123456789abcdef0123456789abcdef"
	s.isFault(t, "sudo petcam doctor") // nor where there is no file
	put(t, s.path, always)
	s.isFault(t, "sudo petcam doctor")
	half := filepath.Join(filepath.Dir(s.path), ".petcam-place")
	put(t, half, strings.Repeat("f", 32)+"\n")
	s.isFault(t, "sudo petcam doctor")
	if put(t, half, s.mark+"\n"); s.later() != "always" || s.Fault() != "" {
		t.Error("the mark is not heeded")
	}
	if err := os.Remove(half); err != nil {
		t.Fatal(err)
	}
	if s.later() != "" || s.Fault() == "" {
		t.Error("always once its disk has gone")
	}
}

func TestWhatCannotBeReadForAMomentGoesOn(t *testing.T) {
	s := newStand(t)
	directory := filepath.Dir(s.path)
	put(t, s.path, readCases(t).Chosen["always"][0])
	if s.RecordingMode() != "always" {
		t.Fatal("not always")
	}
	if err := os.Rename(directory, directory+".away"); err != nil {
		t.Fatal(err)
	}
	put(t, directory, "") // not a directory: as any error of the system's
	if s.later() != "always" || s.Fault() == "" {
		t.Error("it is not as it was, or nothing is said")
	}
	if err := errors.Join(os.Remove(directory), os.Rename(directory+".away", directory)); err != nil {
		t.Fatal(err)
	}
	if s.later() != "always" || s.Fault() != "" {
		t.Error("it did not come back")
	}
}

func TestItLooksTwiceASecondAtMost(t *testing.T) {
	s := newStand(t)
	if s.RecordingMode() != "" {
		t.Fatal("a mode without a file")
	}
	put(t, s.path, readCases(t).Chosen["visits"][0])
	s.time = s.time.Add(lookInterval - 1)
	if s.RecordingMode() != "" {
		t.Error("it looked too soon")
	}
	s.time = s.time.Add(1)
	if s.RecordingMode() != "visits" {
		t.Error("it did not look")
	}
}
