package switches

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"regexp"

	"petcam/streamer/internal/state"
)

const (
	version    = "1"
	timeLayout = "2006-01-02T15:04:05Z"
)

var (
	timeForm = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$`)
	byForm   = regexp.MustCompile(`^[a-z]{1,16}$`)
)

// State is how a switch stands. Times are UTC as YYYY-MM-DDTHH:MM:SSZ, by the board's clock.
type State struct {
	On    bool
	Since string // empty: nobody has turned it yet
	By    string // empty: the same
	Until string // of a camera that is off: when it is to be turned on again; empty: somebody has to
	AtNS  int64  // CLOCK_MONOTONIC of the boot in which the camera was turned; 0: it does not say
}

// parseSound reads a file that is wholly as it should be.
func parseSound(text []byte) (State, error) {
	found, _, err := common(text)
	return found, err
}

// parseCamera does so, too.
func parseCamera(text []byte) (State, error) {
	found, row, err := common(text, "until", "at_ns")
	if err == nil && row["until"] != nil {
		found.Until, err = row.Text("until", timeForm.MatchString)
	}
	if err == nil {
		found.AtNS, err = row.WholeNumber("at_ns", math.MaxInt64)
	}
	if err != nil {
		return State{}, err
	}
	return found, nil
}

// common reads what both have, of an object that has only that and more.
func common(text []byte, more ...string) (found State, row state.Row, err error) {
	value, err := state.Value(text)
	if err != nil {
		return State{}, nil, err
	}
	if row, err = state.RowOf(value, append([]string{"version", "on", "since", "by"}, more...)...); err != nil {
		return State{}, nil, err
	}
	if number, is := row["version"].(json.Number); !is || number != version {
		return State{}, nil, fmt.Errorf("is not of version %s", version)
	}
	on, is := row["on"].(bool)
	if !is {
		return State{}, nil, errors.New("has a bad on")
	}
	if found.Since, err = row.Text("since", timeForm.MatchString); err == nil {
		found.By, err = row.Text("by", byForm.MatchString)
	}
	if err != nil {
		return State{}, nil, err
	}
	found.On = on
	return found, row, nil
}

// soundDocument is the file of a microphone that stands so.
func soundDocument(s State) state.Fields {
	return state.Fields{
		{Name: "version", Value: json.Number(version)}, {Name: "on", Value: s.On}, {Name: "since", Value: s.Since}, {Name: "by", Value: s.By},
	}
}

// cameraDocument is that of a camera.
func cameraDocument(s State) state.Fields {
	var until any
	if s.Until != "" {
		until = s.Until
	}
	return append(soundDocument(s), state.Field{Name: "until", Value: until}, state.Field{Name: "at_ns", Value: s.AtNS})
}
