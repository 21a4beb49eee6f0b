package record

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

func TestAlwaysRecordsInFilesOfTenMinutesAndALeaseMakesVisitsOfThoseThatItTouches(t *testing.T) {
	f := newFilming(t, Always, func(f *filming) { f.options.Segment = 20 * time.Second })
	f.film(1)
	f.untilItself("recording", func(b *ByItself) bool { return b.Recording })
	f.filmRead(59, 1) // three files: 0, 20 and 40 s
	f.film(2 * 30)    // the fourth began 1 s ago
	f.ring.waitUntilRead(1)
	if f.ByItself().Kind != "always" {
		t.Errorf("status is %+v", f.ByItself())
	}
	leased := f.lease(5, 3) // from 58 to 76 s: the third and the fourth
	if len(leased.Files) != 2 || leased.Files[1] != leased.KeptFile || leased.Files[0].FirstNS != f.ring.units[1200].CaptureNS {
		t.Errorf("answer is %+v", leased)
	}
	f.filmRead(1, 1)
	if status := f.ByItself(); status.Kind != "visit" || status.Filename != leased.Filename {
		t.Errorf("status is %+v", status)
	}
	for _, file := range []string{leased.Files[0].Filename, leased.Filename + partSuffix} { // at once, so that no kill costs it
		if !slices.Contains(f.files(), file) {
			t.Errorf("there is no %s in %v", file, f.files())
		}
	}
	f.filmRead(12, 1) // to 74 s
	f.lease(1, 0)     // to 85 s
	f.filmRead(20, 1)
	f.filmRead(30, 1) // to 124 s
	f.Close()
	always, visits := f.ofKind(always), f.ofKind(visit)
	if len(always) != 4 || len(visits) != 3 { // 0, 20, 100, 120 and 40, 60, 80 s
		t.Fatalf("always are %v, visits %v", always, visits)
	}
	for i, name := range []string{always[0], always[1], visits[0], visits[1], visits[2], always[2]} {
		f.holds(name, f.ring.units[600*i:600*i+600])
	}
	if !slices.Contains(visits, leased.Files[0].Filename) || !slices.Contains(visits, leased.Filename) {
		t.Errorf("%+v are not among %v", leased, visits)
	}
}

// A board's own clock may be hours ahead until it learns the time; what is recorded always goes on for weeks.
func TestAClockThatIsSetBackIsThatOfTheNextFileOfTheModeAlways(t *testing.T) {
	var back atomic.Int64
	f := newFilming(t, Always, func(f *filming) {
		f.options.Segment = 10 * time.Second
		f.system.now = func() (time.Time, uint64) {
			wall, now := f.ring.clock()
			return wall.Add(-time.Duration(back.Load())), now
		}
	})
	f.film(1)
	f.untilItself("recording", func(b *ByItself) bool { return b.Recording })
	f.filmRead(5, 1)
	back.Store(int64(8 * time.Hour))
	f.filmRead(24, 1)
	f.Close()
	want := []string{
		"petcam_20261125-040010~always.mp4", "petcam_20261125-040020~always.mp4", "petcam_20261125-120000~always.mp4",
	}
	if files := f.files(); !slices.Equal(files, want) {
		t.Errorf("files are %v, want %v", files, want)
	}
}

func TestFilesOfTheModeAlwaysAreNeverLongerThanTenMinutes(t *testing.T) {
	for segment, want := range map[time.Duration]time.Duration{time.Hour: 10 * time.Minute, 5 * time.Minute: 5 * time.Minute} {
		k := newKeeper(&Recorder{options: Options{Segment: segment}}, Always)
		if got := k.longest(); got != want {
			t.Errorf("of %v they are %v", segment, got)
		}
		k.mode = Visits
		if got := k.longest(); got != segment {
			t.Errorf("a visit's of %v are %v", segment, got)
		}
	}
}

func TestAPinFollowsARecordingThatBecomesAVisits(t *testing.T) {
	f := newFilming(t, Always, func(f *filming) { f.options.Segment = 20 * time.Second })
	f.film(1)
	f.untilItself("recording", func(b *ByItself) bool { return b.Recording })
	f.filmRead(21, 1)
	grows := f.ByItself().Filename
	finished := f.ofKind(always)[0]
	f.write(grows+pinSuffix, 0)
	f.write(finished+pinSuffix, 0)
	leased := f.lease(1, 5)
	f.filmRead(1, 1)
	f.Close()
	want := []string{
		leased.Files[0].Filename, leased.Files[0].Filename + pinSuffix, leased.Filename, leased.Filename + pinSuffix,
	}
	if files := f.files(); !slices.Equal(files, want) {
		t.Errorf("files are %v, want %v", files, want)
	}
}
