package switches

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"petcam/streamer/internal/access"
	"petcam/streamer/internal/apierror"
)

// written is how a switch was turned, and what its file has then.
type written struct {
	Switch, Now, Text string
	AtNS              int64 `json:"at_ns"`
	Turn              []any
}

func readWritten(t *testing.T) []written {
	t.Helper()
	var all struct{ Written []written }
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "tests", "switch-cases.json"))
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil || len(all.Written) == 0 {
		t.Fatal("cases are missing", err)
	}
	return all.Written
}

func get(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// isCode says whether an error is of that code.
func isCode(err error, code apierror.Code) bool {
	var known *apierror.Error
	return errors.As(err, &known) && known.Code == code
}

func TestWhatIsWrittenWhenItIsTurnedIsWhatPythonWrites(t *testing.T) {
	for _, c := range readWritten(t) {
		s := newStand(t, map[string]kind{"sound": soundKind(), "camera": cameraKind()}[c.Switch])
		now, err := time.Parse(timeLayout, c.Now)
		if err != nil {
			t.Fatal(err)
		}
		s.Clock = Clock{func() time.Time { return now.In(time.FixedZone("", 3600)) }, func() int64 { return c.AtNS }}
		minutes := 0.0
		if len(c.Turn) > 2 {
			minutes, _ = c.Turn[2].(float64)
		}
		if err := s.Turn(c.Turn[0].(bool), c.Turn[1].(string), int(minutes)); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(s.path)
		if text := get(t, s.path); text != c.Text || err != nil || info.Mode() != 0o640 {
			t.Errorf("%s %v, not %s", text, info.Mode(), c.Text)
		}
		if found := s.State(); found.On != c.Turn[0] || found.By != c.Turn[1] || found.Since != c.Now || s.On() != found.On {
			t.Errorf("%+v of %s", found, c.Text)
		}
	}
}

func TestItSaysAllThatTheFileHas(t *testing.T) {
	forEach(t, func(t *testing.T, c cases, s *stand) {
		if found := s.State(); found != (State{On: true}) {
			t.Errorf("%+v without a file", found)
		}
		for _, text := range append(c.On, c.Off...) {
			s.put(t, text)
			var want struct {
				On               bool
				Since, By, Until string
				AtNS             int64 `json:"at_ns"`
			}
			if err := json.Unmarshal([]byte(text), &want); err != nil {
				t.Fatal(err)
			}
			if found := s.State(); found != State(want) {
				t.Errorf("%+v of %s", found, text)
			}
		}
	})
}

func TestADamagedFileIsSaidInTheWordsOfPetcamWebAndTurnedAnew(t *testing.T) {
	forEach(t, func(t *testing.T, c cases, s *stand) {
		for at, text := range c.Damaged {
			s := newStand(t, s.kind)
			s.put(t, text)
			want := s.path + " " + strings.ReplaceAll(c.Says[at], "rm sound.json", "rm "+s.path)
			trouble := s.Trouble()
			if trouble == nil || trouble.Message != want || trouble.Code != apierror.StateDamaged || trouble.Key != s.kind.Key ||
				s.State() != (State{}) {
				t.Errorf("%v\nnot\n%s", trouble, want)
			}
			if err := s.Turn(true, "owner", 0); err != nil || !s.On() || s.Trouble() != nil {
				t.Error("it cannot be turned:", err)
			}
		}
	})
}

func TestWhatItHasTurnedItKnowsAtOnce(t *testing.T) {
	forEach(t, func(t *testing.T, _ cases, s *stand) {
		for _, on := range []bool{false, true, false} {
			s.On()
			if err := s.Turn(on, "owner", 0); err != nil || s.On() != on {
				t.Errorf("on is %v, %v", !on, err)
			}
		}
	})
}

func TestADirectoryInTheFilesPlaceIsSetAside(t *testing.T) {
	forEach(t, func(t *testing.T, _ cases, s *stand) {
		if err := os.Mkdir(s.path, 0o750); err != nil {
			t.Fatal(err)
		}
		if err := s.Turn(true, "owner", 0); err != nil || !s.On() {
			t.Error("off, or it says", err)
		}
	})
}

func TestWhatCannotBeWrittenLeavesItAsItWas(t *testing.T) {
	forEach(t, func(t *testing.T, c cases, s *stand) {
		s.put(t, c.Off[0])
		s.file.Disk.Rename = func(string, string) error { return fmt.Errorf("full") }
		if err := s.Turn(true, "owner", 0); !isCode(err, apierror.StateNotWritten) || s.On() || get(t, s.path) != c.Off[0] {
			t.Error("on, or it says", err)
		}
	})
}

func TestWhatCannotBeSyncedIsTurnedAllTheSame(t *testing.T) {
	forEach(t, func(t *testing.T, c cases, s *stand) {
		s.put(t, c.Off[0])
		real := s.file.Disk.Sync
		s.file.Disk.Sync = func(file *os.File) error {
			if info, err := file.Stat(); err != nil || info.IsDir() {
				return fmt.Errorf("fault")
			}
			return real(file)
		}
		if err := s.Turn(true, "owner", 0); !isCode(err, apierror.StateNotSynced) || !s.On() {
			t.Error("off, or it says", err)
		}
	})
}

func TestInAStateThatIsNotTheBoardsItCannotBeTurned(t *testing.T) {
	forEach(t, func(t *testing.T, c cases, s *stand) {
		const mark = "0123456789abcdef0123456789abcdef"
		directory := filepath.Dir(s.path)
		s.place = access.NewPlace(directory, mark)
		if err := s.Turn(true, "owner", 0); !isCode(err, apierror.StateDamaged) || s.State() != (State{}) {
			t.Error("on, or it says", err)
		}
		if left, err := os.ReadDir(directory); err != nil || len(left) != 0 || s.Trouble() != nil {
			t.Error(left, err, s.Trouble())
		}
		if s.put(t, c.On[0]); s.later() {
			t.Error("on by a file that is below where its disk is to be")
		}
		if err := os.WriteFile(filepath.Join(directory, ".petcam-place"), []byte(mark+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := s.Turn(false, "owner", 0); err != nil || s.On() {
			t.Error("on, or it says", err)
		}
	})
}
