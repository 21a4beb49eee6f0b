package record

import (
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/recordname"
)

// recordsAlways waits until what comes is recorded, and has all that came so far.
func (f *filming) recordsAlways() {
	f.t.Helper()
	f.untilItself("it records", func(b *ByItself) bool { return b.Recording })
	f.ring.waitUntilRead(1)
}

// now is the ring's clock.
func (f *filming) now() uint64 {
	_, now := f.ring.clock()
	return now
}

func TestTurnedFromAlwaysToAnotherModeAllEndsWithWhatHadCome(t *testing.T) {
	for _, mode := range []Mode{Visits, Manual} {
		t.Run(string(mode), func(t *testing.T) {
			f := newFilming(t, Always, nil)
			f.film(1)
			f.recordsAlways()
			f.film(300) // which it may be far behind with
			turned := f.now()
			f.SetMode(mode)
			f.film(60)
			f.untilOver()
			files := f.files()
			if len(files) != 1 || recordname.KindOf(files[0]) != always {
				t.Fatalf("files are %v", files)
			}
			f.holds(files[0], between(f.ring.units, 0, turned))
			if lines := f.log.lines("chosen anew"); len(lines) != 1 || f.Mode() != mode {
				t.Errorf("the mode is %s, the log has %v", f.Mode(), lines)
			}
		})
	}
}

func TestTurnedFromAlwaysToVisitsAVisitGoesOnToItsEnd(t *testing.T) {
	f := newFilming(t, Always, nil)
	f.film(60)
	f.recordsAlways()
	leased := f.lease(5, 1)
	until := f.now() + 15e9
	f.filmRead(1, 1)
	f.SetMode(Visits)
	f.filmRead(13, 1)
	if status := f.ByItself(); !status.Recording || status.Kind != "visit" {
		t.Errorf("status is %+v", status)
	}
	f.film(30 * 3)
	f.untilOver()
	f.holds(leased.Filename, between(f.ring.units, leased.FirstNS, until))
	next := f.lease(5, 0)
	if next.Filename == leased.Filename || recordname.KindOf(next.Filename) != visit {
		t.Errorf("the next is %+v", next)
	}
}

func TestTurnedToManualAVisitEndsBehindItsPostRollAndNoLeaseIsGiven(t *testing.T) {
	for _, mode := range []Mode{Visits, Always} {
		t.Run(string(mode), func(t *testing.T) {
			f := newFilming(t, mode, nil)
			f.film(60)
			leased := f.lease(60, 1)
			f.filmRead(1, 1)
			turned := f.now()
			for range 2 { // again and again
				f.SetMode(Manual)
			}
			f.filmRead(9, 1)
			if status := f.ByItself(); status == nil || !status.Recording {
				t.Errorf("status is %+v", status)
			}
			_, err := f.Keep(time.Minute, 0)
			wantError(t, err, apierror.NotRecorded, "recording.mode is manual")
			f.film(30 * 3)
			f.untilOver()
			f.holds(leased.Filename, between(f.ring.units, leased.FirstNS, turned+10e9))
			if status := f.ByItself(); status != nil {
				t.Errorf("status is %+v", status)
			}
		})
	}
}

func TestWhileTheModeIsManualItSleeps(t *testing.T) {
	f := newFilming(t, Always, nil)
	f.film(60)
	f.recordsAlways()
	f.SetMode(Manual)
	f.film(30)
	f.untilOver()
	f.ring.waitUntilRead(0)
	asked, opened, files := f.ring.timesAsked(), f.ring.opened, f.files()
	f.film(300)
	_, err := f.Keep(time.Second, 0)
	wantError(t, err, apierror.NotRecorded, "recording.mode is manual")
	if f.ring.timesAsked() != asked || f.ring.opened != opened || !slices.Equal(f.files(), files) {
		t.Errorf("it asked %d times, %d readers", f.ring.timesAsked()-asked, f.ring.opened-opened)
	}
}

func TestTurnedToAlwaysItBeginsAtOnceWithWhatComesNow(t *testing.T) {
	for _, mode := range []Mode{Manual, Visits} {
		t.Run(string(mode), func(t *testing.T) {
			f := newFilming(t, Visits, nil)
			f.film(60)
			f.lease(1, 1) // an earlier visit is not where it goes on
			f.filmRead(1, 1)
			f.film(30 * 20)
			f.untilOver()
			f.SetMode(mode)
			f.film(30 * 20)
			turned := f.now()
			f.SetMode(Always)
			f.recordsAlways()
			f.filmRead(3, 1)
			f.Close()
			files := f.ofKind(always)
			if len(files) != 1 {
				t.Fatalf("files are %v", f.files())
			}
			units := f.ring.since(turned - 1e9)
			first := slices.IndexFunc(units, func(au h264.AccessUnit) bool { return au.Keyframe })
			f.holds(files[0], units[first:])
		})
	}
}

func TestTurnedToAlwaysAVisitGoesOnInItsFileAndTheNextIsNone(t *testing.T) {
	f := newFilming(t, Visits, func(f *filming) { f.options.Segment = 40 * time.Second })
	f.film(30)
	leased := f.lease(1, 0)
	f.filmRead(1, 1)
	f.SetMode(Always)
	f.filmRead(60, 1)
	f.Close()
	visits, all := f.ofKind(visit), f.ofKind(always)
	if len(visits) != 1 || len(all) != 1 || visits[0] != leased.Filename {
		t.Fatalf("files are %v", f.files())
	}
	units := f.ring.since(leased.FirstNS)
	f.holds(visits[0], units[:1200])
	f.holds(all[0], units[1200:])
}

func TestARecordingByHandKnowsNothingOfTheMode(t *testing.T) {
	f := newFilming(t, Manual, func(f *filming) { f.options.PreRoll = 0 })
	f.film(30)
	name := f.start()
	began := f.Status()
	for _, mode := range []Mode{Always, Visits, Manual, Always, Manual} {
		f.SetMode(mode)
		f.film(30)
		f.ring.waitUntilRead(anyReaders)
		if status := f.Status(); !status.Recording || status.Filename != name || status.FrameCount < began.FrameCount {
			t.Errorf("%s: status is %+v", mode, status)
		}
	}
	f.Close()
	if byHands := f.ofKind(byHand); !slices.Equal(byHands, []string{name}) {
		t.Errorf("by hand are %v", byHands)
	}
	f.holds(name, f.ring.units)
}

func TestWhoeverWaitsForALeaseLearnsThatTheModeHasBecomeManual(t *testing.T) {
	f := newFilming(t, Visits, nil) // no picture comes
	answer := make(chan error)
	go func() {
		_, err := f.Keep(time.Minute, 0)
		answer <- err
	}()
	for f.ring.timesAsked() == 0 {
		time.Sleep(time.Millisecond)
	}
	f.SetMode(Manual)
	wantError(t, <-answer, apierror.NotRecorded, "recording.mode is manual")
}

func TestWhatWasInTheWayIsForgottenWithTheModeAndTriedAgainAtOnce(t *testing.T) {
	disk := &brokenDisk{}
	disk.errno.Store(uint32(syscall.EROFS))
	f := newFilming(t, Always, func(f *filming) {
		f.system.openDisk, f.system.retryFirst, f.system.retryMost = disk.open, time.Hour, time.Hour
	})
	f.film(60)
	f.untilItself("it failed", func(b *ByItself) bool { return b.Reason == "Disk read-only" })
	f.SetMode(Visits)
	if status := f.ByItself(); status.Error != "" || status.Reason != "" {
		t.Errorf("status is %+v", status)
	}
	disk.errno.Store(0)
	f.SetMode(Always)
	f.recordsAlways()
}

func TestModesThatChangeAllTheTimeCostNoPictureAndLeaveOnlyWholeFiles(t *testing.T) {
	f := newFilming(t, Manual, func(f *filming) { f.group, f.options.PostRoll = 5, time.Second })
	f.film(10)
	name := f.start()
	stop := make(chan struct{})
	var others sync.WaitGroup
	others.Add(2)
	go func() { // who asks for leases
		defer others.Done()
		for ended := false; !ended; {
			_, _ = f.Keep(time.Second, time.Second)
			_, _ = f.ByItself(), f.Totals()
			select {
			case <-stop:
				ended = true
			case <-time.After(time.Millisecond):
			}
		}
	}()
	go func() {
		defer others.Done()
		for ended := false; !ended; {
			f.SetMode([]Mode{Manual, Visits, Always}[rand.IntN(3)])
			select {
			case <-stop:
				ended = true
			case <-time.After(time.Duration(rand.IntN(3000)) * time.Microsecond):
			}
		}
	}()
	for range 300 {
		f.film(1 + rand.IntN(10))
		time.Sleep(time.Duration(rand.IntN(500)) * time.Microsecond)
	}
	close(stop)
	f.film(30 * 5)
	others.Wait()
	f.SetMode(Always)
	f.film(30)
	f.untilItself("it records", func(b *ByItself) bool { return b.Recording })
	f.ring.waitUntilRead(2)
	f.Close()
	f.holds(name, f.ring.units)
	for _, file := range f.files() {
		if !isRecording(file) {
			t.Errorf("%s is left", file)
		}
	}
	if lines := f.log.lines("level=ERROR"); len(lines) != 0 {
		t.Errorf("the log has %v", lines)
	}
}

func TestAFileThatASlowDiskBeginsAfterTheTurnIsOfTheKindOfItsPictures(t *testing.T) {
	f := newFilming(t, Always, nil)
	turned := f.now()
	f.SetMode(Visits)
	for at, want := range map[uint64]kind{turned: always, turned + 1: visit} {
		if got := f.keeper.label(at); got != want.Mark() {
			t.Errorf("%d: %s", at-turned, got)
		}
	}
}
