package turns

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/switches"
	"petcam/streamer/internal/week"
)

const (
	lookInterval = time.Second

	timer    = "timer"
	schedule = "schedule"

	timeLayout = "2006-01-02T15:04:05Z" // of the switch's file
)

// Run turns the camera on again once its time is over, and off and on by the week's schedule, until ctx ends. While it does
// not run the camera stays as it is.
func (t *Turns) Run(ctx context.Context) {
	ticker := time.NewTicker(lookInterval)
	defer ticker.Stop()
	for {
		t.log(t.look())
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// look does what there is to do now.
func (t *Turns) look() error {
	state, now := t.Camera.State(), moment{wall(t.Camera.Clock.Wall()), t.Camera.Clock.Monotonic()}
	schedule, known := t.Schedule()
	since, in := week.OffSince(schedule, int64(math.Floor(now.wall)), t.zone)
	turn, err := wanted(state, offTime{since, in, known}, now)
	if err != nil || turn == nil {
		return err
	}
	return t.Camera.Turn(turn.on, turn.by, 0)
}

// log says what is wrong, once; what cannot be written is in the log already.
func (t *Turns) log(err error) {
	var known *apierror.Error
	said := ""
	if err != nil && !errors.As(err, &known) {
		said = err.Error()
	}
	if said != "" && said != t.said {
		t.Log.Error("the camera's timer turns nothing", "error", said)
	}
	t.said = said
}

// moment is one by both clocks.
type moment struct {
	wall float64 // Unix time
	ns   int64   // CLOCK_MONOTONIC
}

func wall(now time.Time) float64 { return float64(now.UnixMicro()) / 1e6 }

// offTime is the one that it is now in.
type offTime struct {
	since   int64 // Unix time; of in
	in      bool
	isKnown bool // it is known what the schedule says
}

// turn is how the camera is to be turned, and by whom.
type turn struct {
	on bool
	by string
}

// wanted is nil where the camera is not to be turned at all. Its error is that a time in the file is none.
func wanted(state switches.State, off offTime, now moment) (*turn, error) {
	isNewer := false
	if off.in {
		turned, err := turnedAt(state, now)
		if err != nil {
			return nil, err
		}
		isNewer = turned < float64(off.since)
	}
	if state.On {
		if isNewer { // who turned it on since has it on
			return &turn{false, schedule}, nil
		}
		return nil, nil
	}
	due, err := isDue(state, now)
	switch {
	case err != nil:
		return nil, err
	case due && isNewer: // its time is over, but the off-time has begun
		return &turn{false, schedule}, nil
	case due:
		return &turn{true, timer}, nil
	case state.By == schedule && off.isKnown && !off.in:
		return &turn{true, schedule}, nil
	}
	return nil, nil
}

// turnedAt is in Unix time; long ago where nobody has turned it, or that cannot be told.
func turnedAt(state switches.State, now moment) (float64, error) {
	if state.Since == "" {
		return 0, nil
	}
	since, err := seconds(state.Since)
	if err != nil || since <= now.wall {
		return since, err
	}
	if passed := now.ns - state.AtNS; passed >= 0 {
		return now.wall - float64(passed)/1e9, nil // the board's clock has been put back since
	}
	return 0, nil
}

// isDue tells whether the time of a camera that is off is over, by the clock on the wall and, in the boot in which it was
// turned off, by the time that has passed: a board's clock may jump by years once it finds the network.
func isDue(state switches.State, now moment) (bool, error) {
	if state.On || state.Until == "" || state.Since == "" {
		return false, nil
	}
	until, err := seconds(state.Until)
	if err != nil {
		return false, err
	}
	since, err := seconds(state.Since)
	if err != nil {
		return false, err
	}
	passed := now.ns - state.AtNS // below 0: that was another boot
	return now.wall >= until && (passed < 0 || float64(passed) >= (until-since)*1e9), nil
}

// seconds refuses dates that there are none of.
func seconds(text string) (float64, error) {
	found, err := time.Parse(timeLayout, text)
	if err != nil || found.Year() == 0 {
		return 0, fmt.Errorf("there is no time %s", text)
	}
	return float64(found.Unix()), nil
}
