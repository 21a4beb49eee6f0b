package record

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"petcam/streamer/internal/apierror"
)

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
	k := newKeeper(f.Recorder, Visits)
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
