package record

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestTurningTheCameraOffEndsARecordingByHandAndNothingBegins(t *testing.T) {
	r := newHarness(t, nil)
	units := seconds(t, 2)
	name := r.begins(units)
	r.source.publish(units[10:]...)
	r.source.waitUntilRead()
	for range 2 { // again and again
		r.Turn(false)
	}
	status := r.Status()
	if status.Recording || status.Error != "" || status.Filename != name {
		t.Errorf("status is %+v", status)
	}
	r.holds(name, units)
	if _, err := r.Start(""); !errors.Is(err, ErrOff) {
		t.Errorf("a recording began: %v", err)
	}
	if _, err := r.KeepPast(time.Minute); !errors.Is(err, ErrOff) {
		t.Errorf("the past was kept: %v", err)
	}
	if _, err := r.Rewind(time.Minute); !errors.Is(err, ErrOff) {
		t.Errorf("somebody looks back: %v", err)
	}
	if _, err := r.Keep(time.Minute, 0); !errors.Is(err, ErrOff) {
		t.Errorf("a lease began: %v", err)
	}
	r.Turn(true)
	r.start()
}

func TestTurningTheCameraOffEndsAVisitWithoutItsPostRoll(t *testing.T) {
	f := newFilming(t, Visits, nil)
	f.film(60)
	first := f.lease(60, 2)
	f.filmRead(1, 1)
	f.Turn(false)
	f.untilOver()
	if itself := f.ByItself(); itself.Error != "" || itself.Filename != first.Filename {
		t.Errorf("%+v", itself)
	}
	f.holds(first.Filename, f.ring.since(first.FirstNS))
	if _, err := f.Keep(time.Minute, 0); !errors.Is(err, ErrOff) {
		t.Errorf("a lease began: %v", err)
	}
	f.Turn(true)
	if second := f.lease(1, 0); second.Filename == first.Filename {
		t.Error("the visit goes on")
	}
}

func TestWhileTheCameraIsOffNothingIsRecordedAlways(t *testing.T) {
	f := newFilming(t, Always, nil)
	f.film(60)
	f.untilItself("it records", func(b *ByItself) bool { return b.Recording })
	f.ring.waitUntilRead(1)
	f.Turn(false)
	f.untilOver()
	files := f.files()
	f.Turn(false)
	f.Turn(true)
	f.film(60)
	f.untilItself("it records again", func(b *ByItself) bool { return b.Recording && b.Filename != files[0] })
}

func TestTurningTheCameraOffEndsALookBackWithoutItsLastPicture(t *testing.T) {
	r := newPast(t, seconds(t, 2), nil)
	r.options.SilentAfter = func() time.Duration { return time.Hour } // so it waits for a picture for as long
	w, err := r.Rewind(time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	to := &sent{after: func(writes int) {
		if writes == 60 { // the head, and all but the last picture
			go r.Turn(false)
		}
	}}
	if err := w.Send(context.Background(), to, time.Hour); err != nil || to.writes != 60 {
		t.Errorf("%v after %d writes", err, to.writes)
	}
	r.Turn(true)
	again, err := r.Rewind(time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}
