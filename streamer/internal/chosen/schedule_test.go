package chosen

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"petcam/streamer/internal/week"
)

// scheduleCase is one of tests/week-cases.json, which the Python tests read too.
type scheduleCase struct {
	About   string
	Text    *string
	ComesTo any `json:"comes_to"` // rows, or what is said of the file
}

func scheduleCases(t *testing.T) []scheduleCase {
	t.Helper()
	var all struct{ Schedules []scheduleCase }
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "tests", "week-cases.json"))
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil || len(all.Schedules) == 0 {
		t.Fatal("cases are missing", err)
	}
	return all.Schedules
}

// rows is a schedule as the cases have it.
func rows(schedule []week.OffTime) any {
	clock := func(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }
	all := []any{}
	for _, off := range schedule {
		days := []any{}
		for _, day := range off.Days {
			days = append(days, float64(day))
		}
		all = append(all, []any{days, clock(off.Begin), clock(off.End)})
	}
	return all
}

func TestTheScheduleIsTheOneThatPythonReads(t *testing.T) {
	for _, c := range scheduleCases(t) {
		s := newStand(t)
		if c.Text != nil {
			put(t, s.path, *c.Text)
		}
		schedule, known := s.Schedule()
		got := rows(schedule)
		if trouble := s.Trouble(); trouble != nil {
			got = strings.TrimPrefix(trouble.Message, s.path+" ")
			if known || schedule != nil {
				t.Errorf("%s: %v, though %v", c.About, schedule, trouble)
			}
		} else if !known {
			t.Errorf("%s: it is not known", c.About)
		}
		if fmt.Sprint(got) != fmt.Sprint(c.ComesTo) {
			t.Errorf("%s: %v, not %v", c.About, got, c.ComesTo)
		}
	}
}

func TestAScheduleThatCannotBeReadForAMomentIsNotKnown(t *testing.T) {
	s := newStand(t)
	directory := filepath.Dir(s.path)
	if _, known := s.Schedule(); !known {
		t.Fatal("not known without a file")
	}
	if err := os.Rename(directory, directory+".away"); err != nil {
		t.Fatal(err)
	}
	put(t, directory, "") // not a directory: as any error of the system's
	s.time = s.time.Add(lookInterval)
	if _, known := s.Schedule(); known {
		t.Error("it is known")
	}
}

func TestInAStateThatIsNotTheBoardsTheScheduleIsNotKnown(t *testing.T) {
	s := newStand(t)
	s.mark = "0123456789abcdef0123456789abcdef"
	if _, known := s.Schedule(); known {
		t.Error("it is known")
	}
}
