package turns

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"petcam/streamer/internal/config"
	"petcam/streamer/internal/switches"
	"petcam/streamer/internal/week"
)

// decision and life are those of tests/week-cases.json, which the Python tests read too.
type decision struct {
	About string
	State struct {
		On               bool
		Since, By, Until string
		AtNS             int64 `json:"at_ns"`
	}
	OffTime *float64 `json:"off_time"`
	IsKnown bool     `json:"is_known"`
	Wall    float64
	NS      int64
	ComesTo any `json:"comes_to"`
}

type life struct {
	About, Zone string
	Schedule    [][3]any
	Steps       []struct {
		Wall, NS int64
		Turn     []any
		Text     *string
		Schedule *[][3]any
	}
	ComesTo []*string `json:"comes_to"`
}

func TestItDecidesAsPythonDoes(t *testing.T) {
	var all struct{ Decisions []decision }
	readCases(t, "week-cases.json", &all)
	if len(all.Decisions) == 0 {
		t.Fatal("there are no decisions")
	}
	for _, c := range all.Decisions {
		off := offTime{isKnown: c.IsKnown, in: c.OffTime != nil}
		if off.in {
			off.since = int64(*c.OffTime)
		}
		found, err := wanted(switches.State(c.State), off, moment{c.Wall, c.NS})
		var got any
		switch {
		case err != nil:
			got = "defect"
		case found != nil:
			got = []any{found.on, found.by}
		}
		if fmt.Sprint(got) != fmt.Sprint(c.ComesTo) {
			t.Errorf("%s: %v, not %v", c.About, got, c.ComesTo)
		}
	}
}

// offTimes are rows of the cases.
func offTimes(rows [][3]any) (all []week.OffTime) {
	minutes := func(text any) int {
		var hour, minute int
		_, _ = fmt.Sscanf(text.(string), "%d:%d", &hour, &minute)
		return 60*hour + minute
	}
	for _, row := range rows {
		off := week.OffTime{Begin: minutes(row[1]), End: minutes(row[2])}
		for _, day := range row[0].([]any) {
			off.Days = append(off.Days, int(day.(float64)))
		}
		all = append(all, off)
	}
	return all
}

func TestItTurnsTheCameraAsPythonDoes(t *testing.T) {
	var all struct{ Lives []life }
	var raw struct {
		Lives []struct{ Steps []map[string]any }
	}
	readCases(t, "week-cases.json", &all)
	readCases(t, "week-cases.json", &raw)
	if len(all.Lives) == 0 {
		t.Fatal("there are no lives")
	}
	for at, c := range all.Lives {
		zone, err := time.LoadLocation(c.Zone)
		if err != nil {
			t.Fatal(err)
		}
		s := newStand(t, "", config.Default())
		s.zone, s.schedule = zone, offTimes(c.Schedule)
		path := filepath.Join(s.directory, "camera.json")
		for number, step := range c.Steps {
			s.wall, s.ns = step.Wall, step.NS
			if _, has := raw.Lives[at].Steps[number]["schedule"]; has {
				s.known, s.schedule = step.Schedule != nil, nil
				if s.known {
					s.schedule = offTimes(*step.Schedule)
				}
			}
			if step.Turn != nil {
				minutes := 0.0
				if len(step.Turn) > 2 {
					minutes, _ = step.Turn[2].(float64)
				}
				if err := s.Camera.Turn(step.Turn[0].(bool), step.Turn[1].(string), int(minutes)); err != nil {
					t.Fatal(err)
				}
			}
			if step.Text != nil {
				put(t, path, *step.Text)
			}
			s.log(s.look())
			text, err := os.ReadFile(path)
			if want := c.ComesTo[number]; (err == nil) != (want != nil) || want != nil && string(text) != *want {
				t.Errorf("%s, step %d: %s", c.About, number, text)
				break
			}
		}
	}
}

func TestATimeThatIsNoneIsSaidOnceAndTurnsNothing(t *testing.T) {
	s := newStand(t, "", config.Default())
	text := `{"version": 1, "on": false, "since": "2026-02-30T00:00:00Z", "by": "owner", "until": "2026-02-30T01:00:00Z", "at_ns": 0}`
	put(t, filepath.Join(s.directory, "camera.json"), text)
	s.wall = 1_795_827_600
	for range 3 {
		s.log(s.look())
	}
	if s.Camera.On() || strings.Count(s.written.String(), "\n") != 1 {
		t.Error("it is on, or it says", s.written.String())
	}
}

func TestTheTimerLooksAtOnceAndEndsWithItsContext(t *testing.T) {
	s := newStand(t, "", config.Default())
	s.wall = 1_795_827_600
	if err := s.Camera.Turn(false, "owner", 1); err != nil {
		t.Fatal(err)
	}
	s.wall, s.ns = s.wall+60, 60_000_000_000
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.Run(ctx)
	if state := s.Camera.State(); !state.On || state.By != timer {
		t.Errorf("%+v", state)
	}
}
