package record

import (
	"flag"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/recordname"
)

var begins = flag.Int("begins", 60, "how many visits begin at random moments")

// between are those of the units that were captured from first to last.
func between(units []h264.AccessUnit, first, last uint64) (found []h264.AccessUnit) {
	for _, au := range units {
		if first <= au.CaptureNS && au.CaptureNS <= last {
			found = append(found, au)
		}
	}
	return found
}

func TestAVisitIsRecordedFromAKeyframeBeforeItsPreRollToTheEndOfItsPostRoll(t *testing.T) {
	f := newFilming(t, Visits, nil)
	f.film(30*20 + 17)
	_, now := f.ring.clock()
	leased := f.lease(5, 3)
	if recordname.KindOf(leased.Filename) != visit || !leased.Recording || len(leased.Files) != 1 || leased.Files[0] != leased.KeptFile {
		t.Errorf("answer is %+v", leased)
	}
	if early := int64(now) - 3e9 - int64(leased.FirstNS); early < 0 || early >= 1e9 {
		t.Errorf("it begins %d ns before its pre-roll", early)
	}
	if status := f.ByItself(); !status.Recording || status.Kind != "visit" || status.Filename != leased.Filename {
		t.Errorf("status is %+v", status)
	}
	f.filmRead(14, 1)
	if status := f.ByItself(); !status.Recording {
		t.Error("it ended within its post-roll")
	}
	f.film(30 * 3)
	f.untilOver()
	f.holds(leased.Filename, between(f.ring.units, leased.FirstNS, now+15e9))
	if files := f.files(); !slices.Equal(files, []string{leased.Filename}) {
		t.Errorf("files are %v", files)
	}
	if status := f.Status(); status.Recording || status.Filename != "" || status.Error != "" {
		t.Errorf("by hand it is %+v", status)
	}
	if f.ByItself().FrameCount == 0 || f.ByItself().Error != "" {
		t.Errorf("status is %+v", f.ByItself())
	}
}

// Visits at random moments of groups of pictures of random length, by rings of random length.
func TestVisitsAtRandomMomentsBeginBeforeTheirPreRollWhereverTheRingStillHoldsIt(t *testing.T) {
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	short := 0
	for range *begins {
		group, size, preRoll := 1+random.IntN(330), 30+random.IntN(1800), 30*random.Float64()
		f := newFilming(t, Visits, func(f *filming) { f.group, f.ring.size = group, size })
		f.film(group + random.IntN(1800))
		_, now := f.ring.clock()
		wanted := now - uint64(preRoll*1e9)
		want, found := uint64(0), false // the newest keyframe at or before the pre-roll's begin, or the oldest there is
		for _, au := range f.ring.units[f.ring.oldest():] {
			if au.Keyframe && (!found || au.CaptureNS <= wanted) {
				want, found = au.CaptureNS, true
			}
		}
		if !found { // a ring that is shorter than a group may hold none just now
			f.Close()
			continue
		}
		leased := f.lease(1, preRoll)
		if leased.FirstNS != want {
			t.Errorf("groups of %d, ring of %d, pre-roll of %.2f s: it begins %d ns too late", group, size, preRoll, int64(leased.FirstNS-want))
		}
		if leased.FirstNS > wanted {
			short++
		}
		f.ring.waitUntilRead(1)
		f.Close()
		f.holds(leased.Filename, f.ring.since(leased.FirstNS))
	}
	if short == *begins {
		t.Error("no ring held any pre-roll")
	}
	t.Logf("%d visits; in %d the ring was shorter than the pre-roll", *begins, short)
}

func TestInTheModeManualNothingIsRecordedByItself(t *testing.T) {
	f := newFilming(t, Manual, nil)
	f.film(60)
	_, err := f.Keep(time.Second, 0)
	wantError(t, err, apierror.NotRecorded, "recording.mode is manual")
	if f.ByItself() != nil || f.ring.opened != 0 {
		t.Errorf("status is %+v, %d readers", f.ByItself(), f.ring.opened)
	}
}

func TestARecordingByHandAndOneByItselfRunAtOnceAndKnowNothingOfEachOther(t *testing.T) {
	for _, mode := range []Mode{Visits, Always} {
		t.Run(string(mode), func(t *testing.T) {
			f := newFilming(t, mode, func(f *filming) { f.options.PreRoll = time.Second })
			f.film(90)
			leased := f.lease(20, 2)
			f.filmRead(1, 1)
			name := f.start()
			if recordname.KindOf(name) != byHand || f.Status().Filename != name || f.ByItself().Filename == name {
				t.Errorf("status is %+v and %+v", f.Status(), f.ByItself())
			}
			f.filmRead(2, 2)
			kept, err := f.KeepPast(2 * time.Second)
			if err != nil || recordname.KindOf(kept.Filename) != byHand {
				t.Errorf("the past is %+v, %v", kept, err)
			}
			f.filmRead(2, 2)
			_, stopped := f.ring.clock()
			f.ring.pass(1) // a moment later
			done := make(chan Status)
			go func() {
				status, err := f.Stop()
				if err != nil {
					t.Error(err)
				}
				done <- status
			}()
			status := <-done
			if status.Filename != name || f.Status().Recording || !f.ByItself().Recording {
				t.Errorf("stopped is %+v, by itself %+v", status, f.ByItself())
			}
			f.filmRead(2, 1)
			if again := f.lease(1, 0); again.KeptFile != leased.KeptFile {
				t.Errorf("%+v is another file than %+v", again, leased)
			}
			f.Close()
			hand := f.ring.since(0)
			first := slices.IndexFunc(hand, func(au h264.AccessUnit) bool { return len(hand) > 0 && au.Keyframe && au.CaptureNS+6e9 > stopped })
			f.holds(name, between(hand[first:], 0, stopped))
			f.holds(leased.Filename, f.ring.since(leased.FirstNS))
		})
	}
}

func TestAWriterThatDatesItsPicturesIntoTheFutureEndsNoVisitAtOnce(t *testing.T) {
	f := newFilming(t, Visits, func(f *filming) { f.ring.ahead = time.Hour })
	f.film(60)
	leased := f.lease(5, 1)
	f.filmRead(10, 1)
	if status := f.ByItself(); !status.Recording || status.Filename != leased.Filename || f.ring.opened != 1 {
		t.Errorf("status is %+v, %d readers", status, f.ring.opened)
	}
	f.film(30 * 6)
	f.untilOver()
}

func TestAWriterWhoseTimeFallsFarBackDoesNotLetAVisitGoOnForEver(t *testing.T) {
	f := newFilming(t, Visits, func(f *filming) { f.system.idleLimit = time.Hour })
	f.film(60)
	f.lease(5, 1)
	f.ring.ahead = -15 * time.Minute // a writer that has begun anew, by another clock
	f.filmRead(10, 1)
	if !f.ByItself().Recording {
		t.Error("it ended within its lease")
	}
	f.ring.pass(5*time.Second + mostBehind)
	f.film(30)
	f.untilOver()
}

func TestACameraThatIsSilentForHoursCostsNothingAndRecordingGoesOnBehindIt(t *testing.T) {
	f := newFilming(t, Always, func(f *filming) { f.system.idleLimit = 5 * time.Millisecond })
	f.film(30)
	f.untilItself("recording", func(b *ByItself) bool { return b.Recording })
	f.ring.waitUntilRead(1)
	for len(f.ofKind(always)) == 0 { // nothing comes: the file is finished
		time.Sleep(time.Millisecond)
	}
	f.ring.pass(5 * time.Hour)
	asked := f.ring.timesAsked()
	time.Sleep(100 * time.Millisecond) // twenty times the limit
	if more := f.ring.timesAsked() - asked; more > 40 {
		t.Errorf("it asked %d times meanwhile", more)
	}
	if status := f.ByItself(); !status.Recording || status.Error != "" {
		t.Errorf("status is %+v", status)
	}
	f.Recorder.system.startTimeout = 10 * time.Millisecond
	_, err := f.Keep(time.Second, 0)
	wantError(t, err, apierror.NoVideo, "not sending")
	f.ring.pass(time.Minute)
	f.film(60)
	f.untilItself("in another file", func(b *ByItself) bool { return b.FrameCount == 60 })
	f.Close()
	if always, visits := f.ofKind(always), f.ofKind(visit); len(always) != 2 || len(visits) != 0 {
		t.Errorf("files are %v", f.files())
	}
	if lines := f.log.lines("by itself"); len(lines) != 0 {
		t.Errorf("the log has %v", lines)
	}
}

func TestOldFramesOfACameraThatHasGoneAreNotRecordedByItself(t *testing.T) {
	for _, mode := range []Mode{Visits, Always} {
		f := newFilming(t, mode, func(f *filming) {
			f.film(60)
			f.ring.pass(time.Hour)
			f.system.idleLimit, f.system.startTimeout = 20*time.Millisecond, 100*time.Millisecond
		})
		_, err := f.Keep(time.Second, 5*time.Second)
		wantError(t, err, apierror.NoVideo, "not sending")
		for asked := f.ring.timesAsked(); mode == Always && f.ring.timesAsked() < asked+10; {
			time.Sleep(time.Millisecond) // it waits on, as long as it takes
		}
		if lines := f.log.lines("by itself"); len(lines) != 0 || f.ByItself().Error != "" {
			t.Errorf("%s: the log has %v, status is %+v", mode, lines, f.ByItself())
		}
		f.Close()
		if _, err := os.Stat(f.dir); err == nil && len(f.files()) != 0 {
			t.Errorf("%s: files are %v", mode, f.files())
		}
	}
}
