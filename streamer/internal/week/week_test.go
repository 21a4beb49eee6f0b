package week

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// walk is one of tests/week-cases.json, which the Python tests read too: through the moments from one to another.
type walk struct {
	About, Zone    string
	Schedule       [][3]any
	From, To, Step int64
	ComesTo        [][2]*int64 `json:"comes_to"`
}

func walks(t *testing.T) []walk {
	t.Helper()
	var all struct{ Walks []walk }
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "tests", "week-cases.json"))
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil || len(all.Walks) == 0 {
		t.Fatal("cases are missing", err)
	}
	return all.Walks
}

func offTimes(rows [][3]any) (all []OffTime) {
	minutes := func(text any) int {
		var hour, minute int
		_, _ = fmt.Sscanf(text.(string), "%d:%d", &hour, &minute)
		return 60*hour + minute
	}
	for _, row := range rows {
		off := OffTime{Begin: minutes(row[1]), End: minutes(row[2])}
		for _, day := range row[0].([]any) {
			off.Days = append(off.Days, int(day.(float64)))
		}
		all = append(all, off)
	}
	return all
}

func TestItIsOffWhenPythonSaysSo(t *testing.T) {
	for _, c := range walks(t) {
		zone, err := time.LoadLocation(c.Zone)
		if err != nil {
			t.Fatal(err)
		}
		schedule, next := offTimes(c.Schedule), 0
		var want *int64
		for moment := c.From; moment < c.To; moment += c.Step {
			if next < len(c.ComesTo) && *c.ComesTo[next][0] == moment {
				want = c.ComesTo[next][1]
				next++
			}
			since, in := OffSince(schedule, moment, zone)
			if in != (want != nil) || in && since != *want {
				t.Errorf("%s: at %d it is off: %v since %d", c.About, moment, in, since)
				break
			}
		}
		if next != len(c.ComesTo) {
			t.Errorf("%s: %d of %d changes were seen", c.About, next, len(c.ComesTo))
		}
	}
}
