package record

import (
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/h264"
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
	if kindOf(leased.Filename) != visit || !leased.Recording || len(leased.Files) != 1 || leased.Files[0] != leased.KeptFile {
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

func TestLeasesInQuickSuccessionShareAFileAndLaterOnesHaveTheirOwn(t *testing.T) {
	f := newFilming(t, Visits, nil)
	f.film(60)
	first := f.lease(5, 2)
	for range 20 { // somebody asks again and again
		f.filmRead(4, 1)
		if again := f.lease(5, 2); again.KeptFile != first.KeptFile {
			t.Fatalf("%+v is another file than %+v", again, first)
		}
	}
	f.filmRead(14, 1) // within the post-roll comes the next visit
	if again := f.lease(1, 2); again.KeptFile != first.KeptFile {
		t.Errorf("%+v is another file than %+v", again, first)
	}
	f.film(30 * 12)
	f.untilOver()
	second := f.lease(30, 1)
	if second.Filename == first.Filename {
		t.Error("they share a file")
	}
	f.lease(1, 1) // which shortens nothing
	f.filmRead(39, 1)
	if !f.ByItself().Recording {
		t.Error("a lease was shortened")
	}
	f.Close()
	f.holds(second.Filename, f.ring.since(second.FirstNS))
	if files := f.files(); len(files) != 2 {
		t.Errorf("files are %v", files)
	}
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
			if kindOf(name) != byHand || f.Status().Filename != name || f.ByItself().Filename == name {
				t.Errorf("status is %+v and %+v", f.Status(), f.ByItself())
			}
			f.filmRead(2, 2)
			kept, err := f.KeepPast(2 * time.Second)
			if err != nil || kindOf(kept.Filename) != byHand {
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
		k := &keeper{recorder: &Recorder{options: Options{Mode: Always, Segment: segment}}}
		if got := k.longest(); got != want {
			t.Errorf("of %v they are %v", segment, got)
		}
		k.recorder.options.Mode = Visits
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

// unwilling is a disk that renames no file that grows but to finish it.
type unwilling struct{ fileSystem }

func (d unwilling) Rename(from, to string) error {
	if strings.HasSuffix(to, partSuffix) {
		return syscall.EACCES
	}
	return d.fileSystem.Rename(from, to)
}

func TestARenameThatTheDiskRefusesIsMadeUpForWhenTheFileIsFinished(t *testing.T) {
	f := newFilming(t, Always, func(f *filming) {
		f.system.openDisk = func(path string) (fileSystem, error) {
			disk, err := openDisk(path, nil)
			return unwilling{disk}, err
		}
	})
	f.film(60)
	f.untilItself("recording", func(b *ByItself) bool { return b.Recording })
	leased := f.lease(1, 1)
	f.filmRead(2, 1)
	if files := f.files(); !slices.Equal(files, []string{namedAs(leased.Filename, always) + partSuffix}) {
		t.Errorf("files are %v", files)
	}
	if lines := f.log.lines("keeps its name"); len(lines) != 1 {
		t.Errorf("the log has %v", lines)
	}
	f.Close()
	if status := f.ByItself(); status.Filename != leased.Filename || status.Kind != "visit" {
		t.Errorf("status is %+v", status)
	}
	f.holds(leased.Filename, f.ring.since(leased.FirstNS))
}

// halfway is a disk that fails once it has renamed a file: in syncing the folder, or in taking away the former pin.
type halfway struct {
	fileSystem
	renamed *atomic.Bool
}

func (d halfway) Rename(from, to string) error {
	if strings.HasSuffix(from, partSuffix) != strings.HasSuffix(to, partSuffix) { // to finish it
		return d.fileSystem.Rename(from, to)
	}
	err := d.fileSystem.Rename(from, to)
	d.renamed.Store(err == nil)
	return err
}

func (d halfway) Sync() error {
	if d.renamed.CompareAndSwap(true, false) {
		return syscall.EIO
	}
	return d.fileSystem.Sync()
}

func (d halfway) Remove(name string) error {
	if d.renamed.CompareAndSwap(true, false) {
		return syscall.EIO
	}
	return d.fileSystem.Remove(name)
}

func TestAFileThatIsRenamedHasItsNewNameWhateverTheDiskSaysAfterwards(t *testing.T) {
	for _, pinned := range []bool{false, true} {
		f := newFilming(t, Always, func(f *filming) {
			f.system.syncEvery = time.Millisecond
			f.system.openDisk = func(path string) (fileSystem, error) {
				disk, err := openDisk(path, nil)
				return halfway{disk, new(atomic.Bool)}, err
			}
		})
		f.film(60)
		f.untilItself("recording", func(b *ByItself) bool { return b.Recording })
		if pinned {
			f.write(f.ByItself().Filename+pinSuffix, 0)
		}
		leased := f.lease(60, 1)
		f.filmRead(2, 1)
		if status := f.ByItself(); !status.Recording || status.Filename != leased.Filename {
			t.Errorf("status is %+v", status)
		}
		for before := f.Totals().Syncs; f.Totals().Syncs < before+2; time.Sleep(time.Millisecond) { // which look for it
		}
		f.filmRead(2, 1)
		if written := f.space.written(); len(written) != 1 || !written[leased.Filename] {
			t.Errorf("what is written is %v", written)
		}
		f.Close()
		f.holds(leased.Filename, f.ring.since(leased.FirstNS))
		if files := f.ofKind(always); len(files) != 0 || len(f.log.lines("level=ERROR")) != 1 {
			t.Errorf("always are %v, the log has %v", files, f.log.lines("level=ERROR"))
		}
		if pinned && !slices.Contains(f.files(), leased.Filename+pinSuffix) {
			t.Errorf("files are %v", f.files())
		}
	}
}

// whileRenamed is a disk on which petcam-web does something while a file is renamed.
type whileRenamed struct {
	fileSystem
	do func(from string)
}

func (d whileRenamed) Rename(from, to string) error {
	d.do(from)
	return d.fileSystem.Rename(from, to)
}

func TestARecordingThatIsPinnedOrUnpinnedWhileItIsRenamedIsAsItWasTold(t *testing.T) {
	for _, pinned := range []bool{false, true} {
		r := newHarness(t, nil)
		name := "petcam_20260101-000000~always.mp4"
		r.write(name, 1)
		if pinned {
			r.write(name+pinSuffix, 0)
		}
		disk, err := openDisk(r.dir, nil)
		if err != nil {
			t.Fatal(err)
		}
		dir := &directory{whileRenamed{disk, func(from string) {
			if pinned {
				_ = os.Remove(r.path(from + pinSuffix))
			} else {
				r.write(from+pinSuffix, 0)
			}
		}}}
		renamed, err := r.renameFinished(dir, name, namedAs(name, visit))
		dir.Close()
		want := []string{namedAs(name, visit), namedAs(name, visit) + pinSuffix}
		if pinned {
			want = want[:1]
		}
		if files := r.files(); !renamed || err != nil || !slices.Equal(files, want) {
			t.Errorf("%v, %v: files are %v, want %v", renamed, err, files, want)
		}
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

// brokenDisk is one that fails while it is told to.
type brokenDisk struct {
	errno atomic.Uint32
	tries atomic.Int32 // to open it
}

func (b *brokenDisk) err() error {
	if errno := b.errno.Load(); errno != 0 {
		return syscall.Errno(errno)
	}
	return nil
}

func (b *brokenDisk) open(path string) (fileSystem, error) {
	b.tries.Add(1)
	if err := b.err(); err != nil {
		return nil, openError{err}
	}
	disk, err := openDisk(path, nil)
	return wrappedDisk{disk, func(f file) file { return brokenFile{f, b} }}, err
}

type brokenFile struct {
	file
	disk *brokenDisk
}

func (f brokenFile) Sync() error { return errors.Join(f.disk.err(), f.file.Sync()) }

func TestAfterTroubleWithTheDiskItGoesOnByItselfAndSaysSoOnce(t *testing.T) {
	for errno, reason := range map[syscall.Errno]string{
		syscall.EROFS: "Disk read-only", syscall.ENOSPC: "Disk full", syscall.EIO: "Disk fault", syscall.ENODEV: "Directory missing",
	} {
		for _, mode := range []Mode{Visits, Always} {
			t.Run(reason+" "+string(mode), func(t *testing.T) {
				disk := &brokenDisk{}
				f := newFilming(t, mode, func(f *filming) { f.system.syncEvery, f.system.openDisk = time.Millisecond, disk.open })
				f.film(60)
				before := f.lease(60, 1)
				disk.errno.Store(uint32(errno))
				f.untilItself("it failed", func(b *ByItself) bool { return b.Reason == reason && !b.Recording })
				tries, begin := disk.tries.Load(), time.Now()
				for disk.tries.Load() < tries+30 { // it is tried again and again, each 4 ms
					time.Sleep(time.Millisecond)
				}
				if took := time.Since(begin); took < 50*time.Millisecond {
					t.Errorf("it was tried 30 times in %v", took)
				}
				if lines := f.log.lines("level=ERROR"); len(lines) > 2 { // the file that could not be finished is another matter
					t.Errorf("the log has %v", lines)
				}
				if _, err := f.Keep(time.Minute, 0); err != nil {
					wantError(t, err, apierror.RecordingFailed, "")
				}
				f.film(30)
				disk.errno.Store(0)
				f.untilItself("recording", func(b *ByItself) bool { return b.Recording && b.Error == "" })
				leased := f.lease(60, 0)
				f.film(30)
				f.ring.waitUntilRead(1)
				if leased.Filename == before.Filename {
					t.Error("it is the same file")
				}
				f.Close()
				f.holds(leased.Filename, f.ring.since(leased.FirstNS))
				if last := f.ring.units[59].CaptureNS; leased.FirstNS > last { // nothing is missing between the two
					t.Errorf("it goes on %d ns later than it ended", leased.FirstNS-last)
				}
				if lines := f.log.lines("goes on"); len(lines) != 1 {
					t.Errorf("the log has %v", lines)
				}
			})
		}
	}
}

func TestAVisitThatTheDiskWouldNotTakeAtFirstIsRecordedFromItsBeginWhenItDoes(t *testing.T) {
	disk := &brokenDisk{}
	disk.errno.Store(uint32(syscall.EIO))
	f := newFilming(t, Visits, func(f *filming) { f.system.openDisk = disk.open })
	f.film(150)
	_, began := f.ring.clock()
	for range 4 { // it is asked for again and again
		_, err := f.Keep(10*time.Second, 2*time.Second)
		wantError(t, err, apierror.RecordingFailed, "fault")
		f.film(60)
	}
	disk.errno.Store(0)
	f.untilItself("recording", func(b *ByItself) bool { return b.Recording })
	leased := f.lease(10, 2)
	if early := int64(began) - 2e9 - int64(leased.FirstNS); early < 0 || early > 1e9 {
		t.Errorf("it begins %d ns before the pre-roll", early)
	}
}

func TestADirectoryThatIsRemovedAndPutBackIsRecordedInAgain(t *testing.T) {
	disk := filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(disk, 0o750); err != nil { // before it records: that it is missing at first would be said, too
		t.Fatal(err)
	}
	f := newFilming(t, Always, func(f *filming) {
		f.options.Directory = filepath.Join(disk, "recordings")
		f.system.syncEvery = time.Millisecond
	})
	f.film(60)
	f.untilItself("recording", func(b *ByItself) bool { return b.Recording })
	if err := os.Rename(disk, disk+".gone"); err != nil {
		t.Fatal(err)
	}
	f.untilItself("it is missing", func(b *ByItself) bool { return b.Reason == "Directory missing" && !b.Recording })
	if err := os.Rename(disk+".gone", disk); err != nil {
		t.Fatal(err)
	}
	f.untilItself("recording", func(b *ByItself) bool { return b.Recording && b.Error == "" })
	// The file went, and the folder could not be opened: which of them shows first, and how often, is chance.
	var said []string
	for _, line := range f.log.lines("level=ERROR") {
		_, words, _ := strings.Cut(line, "error=")
		said = append(said, words)
	}
	slices.Sort(said)
	if len(said) == 0 || len(said) > 2 || len(slices.Compact(slices.Clone(said))) != len(said) {
		t.Errorf("the log has %v", said)
	}
}

func TestReasonsForAFailureThatTakeTurnsAreLoggedOnceEach(t *testing.T) {
	f := newFilming(t, Manual, nil)
	k := newKeeper(f.Recorder)
	for range 3 {
		k.ended(nil, apierror.New(apierror.RecordingFailed, "the folder is not there"))
		k.ended(nil, apierror.New(apierror.RecordingFailed, "the file is gone"))
	}
	if lines := f.log.lines("level=ERROR"); len(lines) != 2 {
		t.Errorf("the log has %v", lines)
	}
}

// A disk that others have filled, and emptied again.
func TestOnADiskThatOthersFillItEndsAndGoesOnByItself(t *testing.T) {
	disk := smallDisk(t, 64<<20)
	f := newFilming(t, Always, func(f *filming) {
		f.options.Directory, f.options.MinFree = disk, 16<<20
		f.system.syncEvery = time.Millisecond
	})
	kept := f.addOld(3) // by hand
	f.film(60)
	f.untilItself("recording", func(b *ByItself) bool { return b.Recording })
	others := f.fillDisk(6 << 20)
	f.untilItself("it ended", func(b *ByItself) bool { return b.Reason == "Space low" })
	if lines := f.log.lines("level=ERROR"); len(lines) != 1 {
		t.Errorf("the log has %v", lines)
	}
	f.film(30)
	if err := os.Remove(f.path(others)); err != nil {
		t.Fatal(err)
	}
	f.untilItself("recording", func(b *ByItself) bool { return b.Recording && b.Error == "" })
	for _, name := range kept {
		if !slices.Contains(f.files(), name) {
			t.Errorf("%s is lost", name)
		}
	}
}

func TestWhatIsRecordedByItselfGoesOnWhereAFailureEndedIt(t *testing.T) {
	fail := make(chan bool, 1)
	f := newFilming(t, Always, func(f *filming) {
		f.system.syncEvery = time.Millisecond
		f.system.openDisk = func(path string) (fileSystem, error) {
			disk, err := openDisk(path, nil)
			return wrappedDisk{disk, func(o file) file { return failingSync{o, fail} }}, err
		}
	})
	f.film(1)
	f.untilItself("recording", func(b *ByItself) bool { return b.Recording })
	f.film(59)
	f.filmRead(1, 1)
	fail <- true
	f.untilItself("it failed and goes on", func(b *ByItself) bool { return len(f.log.lines("goes on")) == 1 })
	f.filmRead(2, 1)
	f.Close()
	f.restart() // which recovers nothing yet
	f.Recover()
	names := f.ofKind(always)
	if len(names) != 2 {
		t.Fatalf("files are %v", f.files())
	}
	f.holds(names[0], f.ring.units[:90])
	f.holds(names[1], f.ring.units[60:]) // from the keyframe before the end of the former
}

// failingSync fails once where it is told to.
type failingSync struct {
	file
	fail chan bool
}

func (f failingSync) Sync() error {
	select {
	case <-f.fail:
		return os.ErrInvalid
	default:
		return f.file.Sync()
	}
}

func TestARestartForgetsTheLeaseAndTheNextRequestGetsAFile(t *testing.T) {
	f := newFilming(t, Visits, nil)
	f.film(90)
	first := f.lease(60, 1)
	f.filmRead(1, 1)
	f.restart()
	if f.ByItself().Recording {
		t.Error("it goes on without being asked")
	}
	second := f.lease(60, 3)
	if second.Filename == first.Filename {
		t.Error("it is the same file")
	}
	f.filmRead(1, 1)
	f.Close()
	f.holds(second.Filename, f.ring.since(second.FirstNS))
	if len(f.ofKind(visit)) != 2 {
		t.Errorf("files are %v", f.files())
	}
}

func TestRecoveryFinishesWhatIsRecordedByItselfAsWhatItWas(t *testing.T) {
	name, content := growingFile(t, seconds(t, 2))
	for _, k := range []kind{visit, always} {
		later := newHarness(t, nil)
		marked := strings.TrimSuffix(name, ".mp4") + k.mark() + ".mp4"
		later.write(marked+partSuffix, 0)
		if err := os.WriteFile(later.path(marked+partSuffix), content, 0o640); err != nil {
			t.Fatal(err)
		}
		later.Recover()
		if files := later.files(); !slices.Equal(files, []string{marked}) || kindOf(marked) != k {
			t.Errorf("files are %v", files)
		}
	}
}

func TestRecoveryLeavesWhatGrowsByItselfAlone(t *testing.T) {
	f := newFilming(t, Always, func(f *filming) { f.options.Segment = time.Second })
	f.film(1)
	f.untilItself("recording", func(b *ByItself) bool { return b.Recording })
	var all sync.WaitGroup
	all.Add(1)
	go func() {
		defer all.Done()
		for range 200 {
			f.Recover()
		}
	}()
	for range 40 {
		f.film(30)
		f.lease(1, 2)
	}
	all.Wait()
	f.ring.waitUntilRead(1)
	f.Close()
	if lines := f.log.lines("earlier run"); len(lines) != 0 {
		t.Errorf("the log has %v", lines)
	}
	visits := f.ofKind(visit)
	if len(visits) != 41 {
		t.Errorf("files are %v", f.files())
	}
	for i, name := range visits[:40] {
		f.holds(name, f.ring.units[30*i:30*i+30])
	}
}

// A disk may take its time to create a file, and whoever asks meanwhile finds none yet.
func TestALeaseThatComesWhileAFileIsMadeTouchesItToo(t *testing.T) {
	named, free := make(chan struct{}), make(chan struct{})
	var once sync.Once
	f := newFilming(t, Always, func(f *filming) {
		f.system.openDisk = func(path string) (fileSystem, error) {
			disk, err := openDisk(path, nil)
			return slowDisk{disk, func() { once.Do(func() { close(named); <-free }) }}, err
		}
	})
	f.film(60)
	<-named // as what nobody has asked for
	from := f.keeper.ask(time.Minute, 0)
	close(free)
	leased, err := f.keeper.wait(from)
	if err != nil || kindOf(leased.Filename) != visit || len(leased.Files) != 1 {
		t.Errorf("answer is %+v, %v", leased, err)
	}
	f.ring.waitUntilRead(1)
	f.Close()
	f.holds(leased.Filename, f.ring.since(leased.FirstNS))
}

func TestALeaseThatComesWhileASlowDiskFinishesTheLastVisitWaitsForThat(t *testing.T) {
	finishing, free := make(chan struct{}), make(chan struct{})
	var once sync.Once
	f := newFilming(t, Visits, func(f *filming) {
		f.system.syncEvery = time.Hour
		f.system.openDisk = func(path string) (fileSystem, error) {
			disk, err := openDisk(path, nil)
			return wrappedDisk{disk, func(o file) file {
				return slowFile{o, func() { once.Do(func() { close(finishing); <-free }) }}
			}}, err
		}
	})
	f.film(60)
	first := f.lease(1, 0)
	f.Recorder.system.startTimeout = time.Millisecond
	f.film(30 * 12)
	<-finishing
	answers := make(chan Leased)
	go func() {
		leased, err := f.Keep(time.Minute, 0)
		if err != nil {
			t.Error(err)
		}
		answers <- leased
	}()
	select {
	case leased := <-answers:
		close(free)
		t.Fatalf("it was answered before the disk was ready: %+v", leased)
	case <-time.After(50 * time.Millisecond):
	}
	close(free)
	if second := <-answers; second.Filename == first.Filename || kindOf(second.Filename) != visit {
		t.Errorf("%+v after %+v", second, first)
	}
}

// slowFile is a file that takes its time to become durable.
type slowFile struct {
	file
	sync func()
}

func (f slowFile) Sync() error {
	f.sync()
	return f.file.Sync()
}

func TestManyAskForALeaseAtOnceAndGetTheSameFile(t *testing.T) {
	f := newFilming(t, Visits, nil)
	f.film(90)
	answers := make([]Leased, 20)
	var all sync.WaitGroup
	for i := range answers {
		all.Add(1)
		go func() {
			defer all.Done()
			leased, err := f.Keep(time.Minute, time.Second)
			if err != nil {
				t.Error(err)
			}
			answers[i] = leased
		}()
	}
	all.Wait()
	for _, answer := range answers {
		if answer.KeptFile != answers[0].KeptFile {
			t.Errorf("%+v and %+v", answer, answers[0])
		}
	}
	if f.ring.opened != 1 {
		t.Errorf("%d readers", f.ring.opened)
	}
}

func TestNamesTellTheKindAndItsTwin(t *testing.T) {
	for name, want := range map[string]struct {
		kind kind
		twin string
		is   bool
	}{
		"petcam_20260101-000000.mp4":                   {byHand, "", true},
		"petcam_20260101-000000_visit-2.mp4":           {byHand, "", true},
		"petcam_20260101-000000~visit.mp4":             {visit, "petcam_20260101-000000~always.mp4", true},
		"petcam_20260101-000000~always-12.mp4":         {always, "petcam_20260101-000000~visit-12.mp4", true},
		"petcam_20260101-000000_cat.1~visit-2.mp4":     {visit, "petcam_20260101-000000_cat.1~always-2.mp4", true},
		"petcam_20260101-000000~sound.mp4":             {byHand, "", false},
		"petcam_20260101-000000~visit~always.mp4":      {byHand, "", false},
		"petcam_20260101-000000~visit-2.mp4.part":      {byHand, "", false},
		"petcam_20260101-000000~visitor.mp4":           {byHand, "", false},
		"petcam_20260101-000000~visit_x.mp4":           {byHand, "", false},
		"petcam_20260101-000000~.mp4":                  {byHand, "", false},
		"petcam_20260101-000000_" + "a~visit" + ".mp4": {visit, "petcam_20260101-000000_a~always.mp4", true},
	} {
		if got := kindOf(name); got != want.kind || twin(name) != want.twin || isRecording(name) != want.is {
			t.Errorf("%s: kind %q, twin %q, a recording: %v", name, got, twin(name), isRecording(name))
		}
	}
}

func TestANameGetsANumberThatCanBeReadAgain(t *testing.T) {
	for name, want := range map[string]string{
		"petcam_20260101-000000.mp4":         "petcam_20260101-000000-7.mp4",
		"petcam_20260101-000000-2.mp4":       "petcam_20260101-000000-7.mp4",
		"petcam_20260101-000000~visit.mp4":   "petcam_20260101-000000~visit-7.mp4",
		"petcam_20260101-000000~visit-3.mp4": "petcam_20260101-000000~visit-7.mp4",
		"petcam_20260101-000000_cat-2.mp4":   "petcam_20260101-000000_cat-2-7.mp4",
	} {
		if got := numbered(name, 7); got != want {
			t.Errorf("%s becomes %s", name, got)
		}
	}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct{ label, want string }{
		{"", "petcam_20260101-000000-2.mp4"}, {"cat-1", "petcam_20260101-000000_cat-1-2.mp4"}, {"~always", "petcam_20260101-000000~always-2.mp4"},
	} {
		if got := fileName(start, c.label, 2); got != c.want {
			t.Errorf("%q gives %s", c.label, got)
		}
	}
}

func TestNoNameIsGivenWhoseTwinIsTaken(t *testing.T) {
	r := newHarness(t, nil)
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	r.write(fileName(start, "~visit", 1), 1)
	r.write(fileName(start, "~visit", 2)+partSuffix, 1)
	dir, err := r.system.openDirectory(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	for want, label := range map[string]string{"petcam_20260101-000000~always-3.mp4": "~always", "petcam_20260101-000000.mp4": ""} {
		name, file, err := dir.create(start, label)
		if err != nil || name != want {
			t.Errorf("%q: %s, %v", label, name, err)
		} else {
			_ = file.Close()
		}
	}
	if name, file, err := dir.create(start, "~visit"); err != nil || name != "petcam_20260101-000000~visit-4.mp4" {
		t.Errorf("%s, %v", name, err)
	} else {
		_ = file.Close()
	}
}
