package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/mp4/mp4test"
	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/shmtest"
)

const minute = time.Minute

// newPast is a harness whose past is read by a source of its own, as a board's is.
func newPast(t *testing.T, units []h264.AccessUnit, change func(*Options)) *harness {
	beside := newFakeSource()
	beside.publish(slices.Clone(units)...)
	r := newHarness(t, func(o *Options) {
		o.Beside = func() Source { return beside }
		if change != nil {
			change(o)
		}
	})
	r.system.pastTimeout = time.Millisecond // what there is comes at once
	return r
}

// keep keeps the past, which must go well.
func (h *harness) keep(span time.Duration) Kept {
	h.t.Helper()
	kept, err := h.KeepPast(span)
	if err != nil {
		h.t.Fatal(err)
	}
	return kept
}

// beside is the source of the past.
func (h *harness) beside() *fakeSource { return h.options.Beside().(*fakeSource) }

func TestThePastIsKeptFromTheKeyframeBeforeTheSpanOn(t *testing.T) {
	units := seconds(t, 6)
	r := newPast(t, units, nil)
	kept := r.keep(2500 * time.Millisecond)
	r.holds(kept.Filename, units[3*30:]) // the newest keyframe at least 2.5 s old
	mp4test.Plays(t, r.path(kept.Filename))
	if got := fmt.Sprint(r.files()); got != fmt.Sprint(kept.Files) || len(kept.Files) != 1 {
		t.Errorf("files are %v, it says %+v", got, kept)
	}
	if kept.Seconds < 2.99 || kept.Seconds > 3.01 || kept.Bytes != r.size(kept.Filename) || kept.Again {
		t.Errorf("it says %+v", kept)
	}
	if totals := r.Totals(); totals.Frames != 90 || totals.Bytes != kept.Bytes {
		t.Errorf("totals are %+v", totals)
	}
	if status := r.Status(); status != (Status{}) {
		t.Errorf("the status of recordings by hand is %+v", status)
	}
}

func TestAsMuchOfThePastIsKeptAsThereIs(t *testing.T) {
	units := seconds(t, 4)
	r := newPast(t, units[10:], nil) // no keyframe before the second second
	r.holds(r.keep(minute).Filename, units[30:])
}

func TestAnotherPressKeepsNoCopy(t *testing.T) {
	units := seconds(t, 9)
	r := newPast(t, units[:150], nil)
	first := r.keep(minute)
	again := r.keep(minute)
	first.Again = true
	if fmt.Sprint(again) != fmt.Sprint(first) || len(r.files()) != 1 {
		t.Errorf("the second press says %+v, the first %+v, files %v", again, first, r.files())
	}
	r.beside().publish(units[150:200]...) // under two seconds
	if again := r.keep(minute); !again.Again || len(r.files()) != 1 {
		t.Errorf("it says %+v, files %v", again, r.files())
	}
	r.beside().publish(units[200:]...)
	second := r.keep(minute)
	r.holds(first.Filename, units[:150])
	r.holds(second.Filename, units[120:]) // from the keyframe before what was kept on: nothing is missing between the two
	if second.Again || len(r.files()) != 2 {
		t.Errorf("it says %+v, files %v", second, r.files())
	}
}

func TestWhatWasDeletedIsKeptAnew(t *testing.T) {
	units := seconds(t, 3)
	r := newPast(t, units, nil)
	if err := os.Remove(r.path(r.keep(minute).Filename)); err != nil {
		t.Fatal(err)
	}
	kept := r.keep(minute)
	r.holds(kept.Filename, units)
	if kept.Again {
		t.Errorf("it says %+v", kept)
	}
}

func TestTenPressesAtOnceMakeOneFile(t *testing.T) {
	r := newPast(t, seconds(t, 3), nil)
	names := make([]string, 10)
	var all sync.WaitGroup
	for i := range names {
		all.Add(1)
		go func() {
			defer all.Done()
			kept, err := r.KeepPast(minute)
			if names[i] = kept.Filename; err != nil {
				t.Error(err)
			}
		}()
	}
	all.Wait()
	if slices.Sort(names); names[0] == "" || names[0] != names[9] || len(r.files()) != 1 {
		t.Errorf("names are %v, files %v", names, r.files())
	}
}

func TestWithoutVideoInTheSpanNothingIsKept(t *testing.T) {
	old := seconds(t, 2)
	for i := range old {
		old[i].CaptureNS -= uint64(2 * minute)
	}
	for name, units := range map[string][]h264.AccessUnit{
		"nothing was ever published": nil,
		"what there is is old":       old,
		"there is no keyframe":       seconds(t, 1)[1:],
	} {
		t.Run(name, func(t *testing.T) {
			r := newPast(t, units, nil)
			_, err := r.KeepPast(minute)
			wantError(t, err, apierror.NoVideo, "amera")
			if _, err := os.Stat(r.dir); err == nil {
				t.Errorf("files are %v", r.files())
			}
		})
	}
}

func TestWhatTheCameraSentBeforeItWentSilentIsKept(t *testing.T) {
	units := seconds(t, 3)
	for i := range units {
		units[i].CaptureNS -= uint64(20 * time.Second)
	}
	r := newPast(t, units, nil)
	r.holds(r.keep(minute).Filename, units)
}

// overrun is a source of which something is overwritten at the first reading.
type overrun struct {
	*fakeSource
	rewinds int
}

func (o *overrun) Rewind(back time.Duration) error {
	o.rewinds++
	return o.fakeSource.Rewind(back)
}

func (o *overrun) Skipped() uint64 {
	if o.rewinds == 1 && o.next > 0 {
		return uint64(o.next)
	}
	return 0
}

func TestWhatIsOverwrittenWhileItIsCopiedIsReadAnew(t *testing.T) {
	units := seconds(t, 3)
	source := &overrun{fakeSource: newFakeSource()}
	source.publish(units...)
	r := newPast(t, nil, func(o *Options) { o.Beside = func() Source { return source } })
	r.holds(r.keep(minute).Filename, units)
	if source.rewinds != 2 {
		t.Errorf("it was read %d times", source.rewinds)
	}
}

// With a real segment, whose writer goes on and overwrites the oldest.
func TestThePastIsKeptBesideARecordingWhichGoesOn(t *testing.T) {
	name := shmtest.Name(t)
	writer := shmtest.New(t, name)
	r := newHarness(t, func(o *Options) { o.PreRoll = 0 })
	r.open = func() Source { return shm.Open(name, shm.WithLogger(r.options.Log)) }
	r.system.stopTimeout = time.Hour
	units := seconds(t, 90) // more than there are slots for
	publish := func(units []h264.AccessUnit) {
		for _, au := range units {
			writer.Publish(au)
		}
	}
	publish(units[:2400])
	recorded := r.start()
	kept := r.keep(10 * minute)
	before := r.Status()
	publish(units[2400:2640])
	s := r.session
	go func() {
		for s.stopNS.Load() == 0 {
			time.Sleep(time.Millisecond)
		}
		publish(units[2640:2641])
	}()
	if _, err := r.Stop(); err != nil {
		t.Fatal(err)
	}
	r.holds(kept.Filename, units[(2400-shm.SlotCount+29)/30*30:2400])
	r.holds(recorded, units[2370:2640])
	if before.Filename != recorded || kept.Filename == recorded {
		t.Errorf("status was %+v, kept %+v", before, kept)
	}
}

func TestParameterSetsThatCameBeforeThePastAreInItsFile(t *testing.T) {
	units := seconds(t, 3)
	var known h264.ParameterSets
	known.Update(units[0].Data)
	for i := range units {
		units[i] = mp4test.Without(units[i], h264.NALSPS, h264.NALPPS)
	}
	r := newPast(t, units, func(o *Options) { o.ParameterSets = func() h264.ParameterSets { return known.Clone() } })
	if kept := r.keep(minute); r.frames(kept.Filename) != len(units) {
		t.Errorf("it has %d frames", r.frames(kept.Filename))
	}
}

func TestWhatOneFileCannotHoldGoesOnInAnother(t *testing.T) {
	units := slices.Concat(seconds(t, 2), mp4test.Clip(t, "baseline", 320, 240, 60, 0))
	_, now := bothClocks()
	for i := range units {
		units[i].CaptureNS = now - uint64(len(units)-i)*1e9/30
	}
	r := newPast(t, units, nil)
	kept := r.keep(minute)
	if len(kept.Files) != 2 || kept.Files[1] != kept.Filename || kept.Seconds < 3.9 {
		t.Fatalf("it says %+v", kept)
	}
	r.holds(kept.Files[0], units[:60])
	r.holds(kept.Files[1], units[60:])
}

func TestPicturesThatReferToMissingOnesAreNotKept(t *testing.T) {
	units := seconds(t, 3)
	units[40].Discontinuity = true
	r := newPast(t, units, nil)
	r.holds(r.keep(minute).Filename, slices.Concat(units[:40], units[60:]))
}

func TestThePastKeepsWithinTheLimitsOfRecordings(t *testing.T) {
	t.Run("the oldest recordings go", func(t *testing.T) {
		r := newPast(t, seconds(t, 3), func(o *Options) { o.MaxBytes = 200_000 })
		old := r.addOld(2)
		r.write(old[0], 150_000)
		if err := os.Chtimes(r.path(old[0]), time.Unix(1, 0), time.Unix(1e9, 0)); err != nil {
			t.Fatal(err)
		}
		kept := r.keep(minute)
		if files := r.files(); !slices.Equal(files, []string{old[1], kept.Filename}) {
			t.Errorf("files are %v", files)
		}
	})
	t.Run("where nothing may go nothing is kept", func(t *testing.T) {
		r := newPast(t, seconds(t, 3), func(o *Options) { o.MaxBytes = 50_000 })
		_, err := r.KeepPast(minute)
		wantError(t, err, apierror.RecordingFailed, "recording.max_bytes")
		if files := r.files(); len(files) != 0 {
			t.Errorf("files are %v", files)
		}
	})
	t.Run("what is low stays", func(t *testing.T) {
		r := newPast(t, seconds(t, 3), func(o *Options) { o.MinFree = 1 << 60 })
		_, err := r.KeepPast(minute)
		wantError(t, err, apierror.RecordingFailed, "recording.min_free_bytes")
	})
}

// What a discarded file had grown allows no deletion: else each press on a full disk would cost a recording.
func TestPressesOnAFullDiskDeleteNothing(t *testing.T) {
	r := newPast(t, seconds(t, 3), func(o *Options) { o.MaxBytes = 50_000 })
	for range 5 {
		if _, err := r.KeepPast(minute); err == nil {
			t.Error("it was kept")
		}
	}
	if r.space.retention.balance != 0 || r.space.allGrowing() != 0 || r.space.seen != 0 {
		t.Errorf("the balance is %d, %d bytes grow, %d are there", r.space.retention.balance, r.space.allGrowing(), r.space.seen)
	}
}

// Both files are in the sums at every moment, and in none twice: a file that counted twice would pay for deletions.
func TestTheSumsHoldWhilePastAndRecordingAreWrittenAtOnce(t *testing.T) {
	units := seconds(t, 3)
	r := newPast(t, units, nil)
	r.source.publish(units...)
	r.start()
	r.keep(minute)
	r.stop()
	dir, err := r.system.openDirectory(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	r.space.look()
	seen := r.space.seen
	if _, err := r.space.count(dir); err != nil {
		t.Fatal(err)
	}
	if r.space.seen != seen || seen != r.space.finished || len(r.space.growing) != 0 {
		t.Errorf("%d bytes were seen, %d are there, growing %v", seen, r.space.seen, r.space.growing)
	}
}

// spiedFile calls something before each write.
type spiedFile struct {
	file
	beforeWrite func()
}

func (f spiedFile) WriteAt(p []byte, off int64) (int, error) {
	f.beforeWrite()
	return f.file.WriteAt(p, off)
}

func TestRecoveryLeavesThePastAloneThatIsBeingWritten(t *testing.T) {
	units := seconds(t, 3)
	r := newPast(t, units, nil)
	writes := 0
	r.wrapFiles(func(f file) file {
		return spiedFile{f, func() {
			if writes++; writes == 20 { // the head was the first
				r.Recover()
			}
		}}
	})
	r.holds(r.keep(minute).Filename, units)
	if lines := r.log.lines("earlier run"); writes < 20 || len(lines) != 0 {
		t.Errorf("the log has %q after %d writes", lines, writes)
	}
}

func TestARecordingThatBeginsLeavesThePastAloneThatIsBeingWritten(t *testing.T) {
	units := seconds(t, 3)
	r := newPast(t, units, nil)
	r.source.publish(units...)
	var began atomic.Bool
	var recorded string
	r.wrapFiles(func(f file) file {
		return spiedFile{f, func() {
			if r.beginning.TryLock() { // not while its own file is being begun
				r.beginning.Unlock()
				if !began.Swap(true) {
					recorded = r.start()
				}
			}
		}}
	})
	kept := r.keep(minute)
	r.stop()
	r.holds(kept.Filename, units)
	r.holds(recorded, units)
}

// A copy of the directory is what a kill leaves.
func TestWhatAKillLeavesOfThePastIsRecovered(t *testing.T) {
	units := seconds(t, 2)
	r := newPast(t, units, nil)
	copies := []string{}
	r.wrapFiles(func(f file) file {
		return spiedFile{f, func() {
			left := filepath.Join(t.TempDir(), "recordings")
			if err := os.CopyFS(left, os.DirFS(r.dir)); err != nil {
				t.Error(err)
			}
			copies = append(copies, left)
		}}
	})
	r.keep(minute)
	for n, left := range copies {
		later := newHarness(t, func(o *Options) { o.Directory = left })
		later.Recover()
		want := min(max(n-1, 0), len(units)) // the first write is the head's, the last two are the table's and the swap
		switch files := later.files(); {
		case want == 0 && len(files) == 0:
		case len(files) == 1:
			later.holds(files[0], units[:want])
		default:
			t.Errorf("after %d writes files are %v", n, files)
		}
	}
}

// Each operation on the disk fails in turn, once or from then on.
func TestWhicheverOperationFailsThePastIsWholeOrItIsSaidWhy(t *testing.T) {
	units := seconds(t, 1)[:5]
	_, left := growingFile(t, units)
	microphone := &fakeSound{packets: heard(units[0].CaptureNS, 50*len(units)/30)}
	clean := &faults{at: -1, microphone: microphone}
	keepOnFaulty(t, clean, units, left)
	for _, with := range []error{syscall.ENOSPC, syscall.EIO, syscall.EROFS} {
		for n, operation := range clean.done {
			for _, forEver := range []bool{false, true} {
				t.Run(fmt.Sprintf("%v/%d %s/for ever %v", with, n, operation, forEver), func(t *testing.T) {
					keepOnFaulty(t, &faults{at: n, forEver: forEver, with: with, microphone: microphone}, units, left)
				})
			}
		}
	}
}

func keepOnFaulty(t *testing.T, f *faults, units []h264.AccessUnit, left []byte) {
	t.Helper()
	r, old := withFaults(t, f, left)
	r.options.Beside = func() Source { return r.source }
	r.system.pastTimeout = time.Millisecond
	r.source.publish(slices.Clone(units)...)
	kept, err := r.KeepPast(minute)
	var e *apierror.Error
	if err != nil && (!errors.As(err, &e) || e.Reason == "" || e.Message == "") {
		t.Errorf("it is not said what is wrong: %v", err)
	}
	if err == nil && r.samples(kept.Filename) != len(units) && !errors.Is(f.with, syscall.ENOSPC) {
		t.Errorf("%d of %d frames are kept, and nothing was said", r.samples(kept.Filename), len(units))
	}
	f.heal()
	r.Recover()
	for _, name := range append(old, "petcam_20251203-120000.mp4") {
		if _, err := os.Stat(r.path(name)); err != nil {
			t.Error(err)
		}
	}
	if again, err := r.KeepPast(minute); err != nil || r.samples(again.Filename) == 0 {
		t.Errorf("the next press says %+v, %v", again, err)
	}
}

func TestASlowDiskIsSaidAndThePastIsKeptAllTheSame(t *testing.T) {
	units := seconds(t, 2)
	r := newPast(t, units, nil)
	gate := make(syncGate)
	r.wrapFiles(func(f file) file { return gatedFile{f, gate} })
	r.system.diskTimeout = time.Millisecond
	_, err := r.KeepPast(minute)
	wantError(t, err, apierror.RecordingFailed, "10 s")
	r.mu.Lock()
	under := r.past
	r.mu.Unlock()
	close(gate)
	<-under.done
	r.holds(under.kept.Filename, units)
}

func TestCloseFinishesThePastThatIsBeingKept(t *testing.T) {
	units := seconds(t, 2)
	r := newPast(t, units, nil)
	gate := make(syncGate)
	r.wrapFiles(func(f file) file { return gatedFile{f, gate} })
	r.system.diskTimeout = time.Millisecond
	_, err := r.KeepPast(minute)
	wantError(t, err, apierror.RecordingFailed, "")
	go close(gate)
	r.Close()
	files := r.files()
	if len(files) != 1 {
		t.Fatalf("files are %v", files)
	}
	r.holds(files[0], units)
	_, err = r.KeepPast(minute)
	wantError(t, err, apierror.RecordingFailed, "stopping")
}

// The camera sends as fast as it is read: what comes after the request is not the past.
func TestThePastEndsWithTheRequest(t *testing.T) {
	units := seconds(t, 4)
	r := newPast(t, units[:90], nil)
	came := 90
	r.beside().beforeNext = func() {
		if came < len(units) {
			units[came].PublishNS = 1 << 62
			r.beside().put(units[came])
			came++
		}
	}
	r.holds(r.keep(minute).Filename, units[:90])
}

// Between its renaming and its end a file stands in the folder, and still counts as growing.
func TestAFileThatIsJustGettingItsNameCountsOnce(t *testing.T) {
	r := newHarness(t, func(o *Options) { o.MaxBytes = 1500 })
	name := r.addOld(1)[0]
	dir, err := r.system.openDirectory(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	r.space.begins(name)
	_, err = r.space.count(dir)
	if err := errors.Join(err, r.space.makeRoom(dir, name, 1000, false)); err != nil {
		t.Fatal(err)
	}
	if files := r.files(); r.space.seen != 1000 || len(files) != 1 {
		t.Errorf("%d bytes are seen, files %v", r.space.seen, files)
	}
	r.space.ended(name, 1000, 0)
	if _, err := r.space.count(dir); err != nil || r.space.seen != 1000 {
		t.Errorf("%d bytes are seen, %v", r.space.seen, err)
	}
}
