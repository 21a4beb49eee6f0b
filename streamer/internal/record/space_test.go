package record

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/mp4/mp4test"
)

// addOld puts finished recordings of 1,000 bytes into the directory, one a day from 1 November on, the newest last.
func (r *harness) addOld(n int) []string {
	r.t.Helper()
	var names []string
	for i := range n {
		start := time.Date(2025, 11, 1+i, 12, 0, 0, 0, time.Local)
		names = append(names, fileName(start, "", 1))
		r.write(names[i], 1000)
		if err := os.Chtimes(r.path(names[i]), start, start); err != nil {
			r.t.Fatal(err)
		}
	}
	return names
}

func (r *harness) write(name string, size int) {
	r.t.Helper()
	if err := os.MkdirAll(r.dir, 0o750); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(r.path(name), make([]byte, size), 0o640); err != nil {
		r.t.Fatal(err)
	}
}

func TestTheOldestUnpinnedRecordingsAreDeletedForSpace(t *testing.T) {
	r := newHarness(t, func(o *Options) { o.MaxBytes = 4500 })
	names := r.addOld(6)
	r.write(names[0]+pinSuffix, 0)
	r.write("holiday.mp4", 9000)
	r.write("petcam_x.mp4", 9000)
	r.source.publish(seconds(t, 1)...)
	r.start()
	left := r.files()
	for i, name := range names {
		stays := i == 0 || i >= 3
		if slices.Contains(left, name) != stays {
			t.Errorf("recording %d: stays is not %v", i, stays)
		}
	}
	if !slices.Contains(left, "holiday.mp4") || !slices.Contains(left, "petcam_x.mp4") {
		t.Error("a file that is no recording went")
	}
}

func TestTheRecordingEndsWithItsReasonWhenNothingMayBeDeleted(t *testing.T) {
	r := newHarness(t, func(o *Options) { o.MaxBytes, o.PreRoll = 50_000, 0 })
	r.system.syncEvery = time.Millisecond
	units := seconds(t, 5)
	r.source.publish(units[:30]...)
	name := r.start()
	for _, au := range units[30:] {
		r.source.publish(au)
	}
	r.waitUntilEnded()
	status := r.Status()
	if status.Recording || !strings.Contains(status.Error, "recording.max_bytes") {
		t.Errorf("status is %+v", status)
	}
	if lines := r.log.lines("recording ended"); len(lines) != 1 {
		t.Errorf("log has %q", lines)
	}
	r.holds(name, units[:status.FrameCount])

	// It was the oldest and is finished: it makes room for another.
	r.start()
	if status := r.stop(); status.Error != "" || slices.Contains(r.files(), name) {
		t.Errorf("status is %+v, files %v", status, r.files())
	}
}

func TestStartWithoutFreeSpaceIsRefused(t *testing.T) {
	r := newHarness(t, func(o *Options) { o.MinFree = 1 << 60 })
	names := r.addOld(1)
	r.write(names[0]+pinSuffix, 0)
	r.source.publish(seconds(t, 1)...)
	_, err := r.Start("")
	wantError(t, err, apierror.RecordingFailed, "recording.min_free_bytes")
	if files := r.files(); len(files) != 2 {
		t.Errorf("files are %v", files)
	}
}

func TestRecordingsOlderThanTheMaximumAgeAreDeleted(t *testing.T) {
	r := newHarness(t, func(o *Options) { o.MaxAge = 48 * time.Hour })
	names := r.addOld(4)
	r.write(names[0]+pinSuffix, 0)
	r.space.deleteOld(time.Date(2025, 11, 4, 13, 0, 0, 0, time.Local))
	want := []string{names[0], names[0] + pinSuffix, names[2], names[3]}
	if files := r.files(); !slices.Equal(files, want) {
		t.Errorf("files are %v, want %v", files, want)
	}
}

func TestEachKindIsDeletedByItsOwnAge(t *testing.T) {
	day := 24 * time.Hour
	now := time.Date(2025, 11, 20, 12, 0, 0, 0, time.Local)
	for name, c := range map[string]struct {
		hand, visit, always time.Duration
		left                []string
	}{
		"as by default":    {0, 30 * day, 2 * day, []string{"", "~visit"}},
		"all without end":  {0, 0, 0, []string{"", "~always", "~visit"}},
		"by hand for less": {4 * day, 0, 6 * day, []string{"~always", "~visit"}},
		"visits for less":  {0, 4 * day, 0, []string{"", "~always"}},
	} {
		r := newHarness(t, func(o *Options) { o.MaxAge, o.VisitAge, o.AlwaysAge = c.hand, c.visit, c.always })
		var want []string
		for _, k := range kinds {
			file := fileName(now.Add(-5*day), k.Mark(), 1)
			r.write(file, 1000)
			r.write(fileName(now.Add(-6*day), k.Mark(), 1), 1000) // which is pinned
			r.write(fileName(now.Add(-6*day), k.Mark(), 1)+pinSuffix, 0)
			for _, aged := range []string{file, fileName(now.Add(-6*day), k.Mark(), 1)} {
				if err := os.Chtimes(r.path(aged), now.Add(-5*day), now.Add(-5*day)); err != nil {
					t.Fatal(err)
				}
			}
			if slices.Contains(c.left, k.Mark()) {
				want = append(want, file)
			}
		}
		r.space.deleteOld(now)
		left := slices.DeleteFunc(r.files(), func(name string) bool { return strings.Contains(name, "20251114") })
		slices.Sort(want)
		if !slices.Equal(left, want) || len(r.files()) != len(want)+6 {
			t.Errorf("%s: %v are left, want %v and those that are pinned", name, left, want)
		}
	}
}

func TestARecordingFromBeforeTheClockWasSetIsNotDeletedByAge(t *testing.T) {
	r := newHarness(t, func(o *Options) { o.MaxAge = 48 * time.Hour })
	start := time.Date(1970, 1, 1, 0, 1, 0, 0, time.UTC)
	name := fileName(start, "", 1)
	r.write(name, 1000)
	if err := os.Chtimes(r.path(name), start, start); err != nil {
		t.Fatal(err)
	}
	r.space.deleteOld(time.Now())
	if files := r.files(); !slices.Equal(files, []string{name}) {
		t.Errorf("files are %v", files)
	}
}

func TestAClockThatNobodyHasSetDeletesOnlyWhatIsProvenToBeOld(t *testing.T) {
	real := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	newest := real.Add(-10 * 24 * time.Hour)
	for name, c := range map[string]struct {
		now, newest  time.Time
		synchronised bool
		want         time.Time
	}{
		"set by a time server":                {real, newest, true, real},
		"four years ahead":                    {real.AddDate(4, 0, 0), newest, false, newest.Add(3 * time.Hour)},
		"four years ahead, and no recordings": {real.AddDate(4, 0, 0), time.Time{}, false, time.Time{}.Add(3 * time.Hour)},
		"four years back":                     {real.AddDate(-4, 0, 0), newest, false, real.AddDate(-4, 0, 0)},
	} {
		if got := timeForAges(c.now, c.synchronised, c.newest, 3*time.Hour); !got.Equal(c.want) {
			t.Errorf("%s: ages count to %v, want %v", name, got, c.want)
		}
	}
}

func TestRecordingsMadeByAWrongClockDoNotMakeOthersOld(t *testing.T) {
	r := newHarness(t, func(o *Options) { o.MaxAge = 48 * time.Hour })
	names := r.addOld(4)
	newest := r.space.newestEnd() // as at the start of the service
	if !newest.Equal(time.Date(2025, 11, 4, 12, 0, 0, 0, time.Local)) {
		t.Errorf("the newest ended at %v", newest)
	}
	ahead := newest.AddDate(4, 0, 0)
	wrong := fileName(ahead, "", 1)
	r.write(wrong, 1000)
	if err := os.Chtimes(r.path(wrong), ahead, ahead); err != nil {
		t.Fatal(err)
	}
	r.space.deleteOld(timeForAges(ahead.Add(time.Hour), false, newest, time.Hour))
	if files := r.files(); !slices.Equal(files, []string{names[2], names[3], wrong}) {
		t.Errorf("files are %v: only the first two are older than two days by what is proven", files)
	}
}

func TestAClockJumpIsDetected(t *testing.T) {
	steady := time.Now()
	for name, c := range map[string]struct {
		wall, monotonic time.Duration
		jumped          bool
	}{
		"an hour":               {time.Hour, time.Hour, false},
		"an hour, slewed":       {time.Hour + time.Minute, time.Hour, false},
		"fifty years":           {50 * 365 * 24 * time.Hour, time.Hour, true},
		"back by a day":         {-24 * time.Hour, time.Hour, true},
		"a night of suspension": {8 * time.Hour, time.Hour, true},
	} {
		if got := clockJumped(steady.Round(0), steady.Round(0).Add(c.wall), c.monotonic); got != c.jumped {
			t.Errorf("%s: jumped is %v", name, got)
		}
	}
}

// smallDisk mounts a tmpfs of so many bytes at the recordings directory.
func smallDisk(t *testing.T, bytes int) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("petcam-test", dir, "tmpfs", 0, fmt.Sprintf("size=%d", bytes)); err != nil {
		t.Skipf("needs root, to mount a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// filling returns a function that publishes ever more video, about 2.5 MB/s of it.
func filling(t *testing.T, r *harness) func(frames int) {
	_, now := bothClocks()
	clip := mp4test.Clip(t, "baseline", 1280, 720, 6000, now-200e9)
	at := 0
	return func(frames int) {
		r.source.publish(clip[at : at+frames]...)
		at += frames
	}
}

func TestOnAFillingDiskTheOldestRecordingsAreDeleted(t *testing.T) {
	disk := smallDisk(t, 64<<20)
	r := newHarness(t, func(o *Options) {
		o.Directory, o.MinFree, o.Segment = disk, 8<<20, 5*time.Second
	})
	r.system.syncEvery = time.Millisecond
	fill := filling(t, r)
	fill(30)
	first := r.start()
	var status Status
	for range 120 { // 90 MB
		fill(30)
		r.source.waitUntilRead()
	}
	status = r.stop()
	if status.Error != "" || slices.Contains(r.files(), first) || len(r.log.lines("to make room")) == 0 {
		t.Errorf("status is %+v, files %v", status, r.files())
	}
	for _, name := range r.files() {
		if name != balanceFile {
			mp4test.Plays(t, r.path(name))
		}
	}
}

func TestOnADiskFilledByOthersTheFileIsPlayableAndTheNextStartWorks(t *testing.T) {
	disk := smallDisk(t, 64<<20)
	r := newHarness(t, func(o *Options) { o.Directory = disk })
	r.system.syncEvery = time.Hour // no sync makes room in time: a write fails
	fill := filling(t, r)
	fill(30)
	name := r.start()
	r.source.waitUntilRead()
	others := r.fillDisk(100 << 10)
	fill(300)
	r.waitUntilEnded()
	status := r.Status()
	if status.Recording || status.Error == "" || len(r.log.lines("recording ended")) != 1 {
		t.Errorf("status is %+v, log %q", status, r.log.lines("ended"))
	}
	if files := r.files(); !slices.Equal(files, []string{balanceFile, others, name}) {
		t.Errorf("files are %v", files)
	}
	mp4test.Plays(t, r.path(name))

	if err := os.Remove(r.path(others)); err != nil {
		t.Fatal(err)
	}
	fill(30)
	again := r.start()
	r.stop()
	mp4test.Plays(t, r.path(again))
}

func TestOthersThatFillTheDiskEndARecordingBeforeTheyCostAKeptOne(t *testing.T) {
	disk := smallDisk(t, 64<<20)
	r := newHarness(t, func(o *Options) { o.Directory, o.MinFree = disk, 16<<20 })
	r.system.syncEvery = time.Millisecond
	synced := make(chan struct{})
	r.wrapFiles(func(f file) file { return notifyingFile{f, synced} })
	kept := r.addOld(10)
	for _, name := range kept {
		r.write(name, 1<<20)
	}
	fill := filling(t, r)
	fill(30)
	name := r.start()
	r.source.waitUntilRead()
	for range 3 { // what was recorded has been looked at, while there was room
		<-synced
	}
	ended := r.ending()
	others := r.fillDisk(6 << 20) // as spooled uploads do
	for syncs, running := 0, true; running; syncs++ {
		select {
		case <-ended:
			running = false
		case <-synced: // and a look after each; finishing the file takes some too
		}
		if syncs > 20 {
			t.Fatalf("it goes on; files are %v", r.files())
		}
	}
	if status := r.Status(); status.Reason != "Space low" || !strings.Contains(status.Error, "Other files") {
		t.Errorf("status is %+v", status)
	}
	fill(30)
	_, err := r.Start("")
	wantError(t, err, apierror.RecordingFailed, "Other files")
	for _, name := range append(kept, name) {
		if !slices.Contains(r.files(), name) {
			t.Errorf("%s is lost", name)
		}
	}
	mp4test.Plays(t, r.path(name))
	if err := os.Remove(r.path(others)); err != nil {
		t.Fatal(err)
	}
	fill(30)
	r.start()
	r.stop()
}

// fillDisk writes a file that leaves so many bytes free, and returns its name.
func (r *harness) fillDisk(leave int64) string {
	r.t.Helper()
	var disk unix.Statfs_t
	if err := unix.Statfs(r.dir, &disk); err != nil {
		r.t.Fatal(err)
	}
	name := "others"
	r.write(name, int(int64(disk.Bavail)*int64(disk.Bsize)-leave))
	return name
}
