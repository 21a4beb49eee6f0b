package record

import (
	"testing"
	"time"
)

// oneSession is a session by hand without its goroutine.
func oneSession(t testing.TB, r *harness) *session {
	t.Helper()
	return oneSessionOf(t, r, byHandPurpose{r.Recorder, ""})
}

func oneSessionOf(t testing.TB, r *harness, p purpose) *session {
	t.Helper()
	dir, err := r.system.openDirectory(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	s := newSession(r.Recorder, p)
	s.dir, s.idle = dir, newIdleContext(s.ctx, time.Hour)
	t.Cleanup(func() {
		if err := s.closeSegment(); err != nil {
			t.Error(err)
		}
		s.idle.stop()
		dir.Close()
	})
	return s
}

func TestWritingAFrameAllocatesNothing(t *testing.T) {
	t.Run("by hand", func(t *testing.T) {
		writesWithoutAllocating(t, func(r *harness) *session { return oneSession(t, r) })
	})
	t.Run("by itself", func(t *testing.T) {
		writesWithoutAllocating(t, func(r *harness) *session { return oneSessionOf(t, r, newKeeper(r.Recorder, Visits)) })
	})
}

func writesWithoutAllocating(t *testing.T, begin func(*harness) *session) {
	t.Helper()
	r := newHarness(t, nil)
	r.system.syncEvery = time.Hour
	units := seconds(t, 1)
	s := begin(r)
	if err := s.add(units[0]); err != nil {
		t.Fatal(err)
	}
	s.begun = true
	au := units[1]
	if allocations := testing.AllocsPerRun(5000, func() {
		au.CaptureNS += 33e6
		s.idle.reset()
		if err := s.add(au); err != nil {
			t.Fatal(err)
		}
		s.report(au)
	}); allocations != 0 {
		t.Errorf("%v allocations for each frame", allocations)
	}
}
