package record

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/mp4"
	"petcam/streamer/internal/mp4/mp4test"
)

// faults makes operations of a disk fail, which are counted from 0.
type faults struct {
	at      int   // the first that fails; below zero: none does
	forEver bool  // and all behind it
	with    error // what they fail with

	microphone *fakeSound // whose sound is written too

	mu     sync.Mutex // guards the rest
	done   []string   // the operations so far
	frames int        // that were written whole
}

// hit counts an operation, and returns its error where it fails.
func (f *faults) hit(operation string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := len(f.done)
	f.done = append(f.done, operation)
	if f.at >= 0 && (n == f.at || n > f.at && f.forEver) {
		return &fs.PathError{Op: operation, Path: "test", Err: f.with}
	}
	return nil
}

func (f *faults) countFrame() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.frames++
}

// heal lets everything succeed from now on.
func (f *faults) heal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at = -1
}

// faultyDisk is the real one, with faults.
type faultyDisk struct {
	fileSystem
	*faults
}

func (d faultyDisk) OpenFile(name string, flag int, mode fs.FileMode) (file, error) {
	if err := d.hit("open"); err != nil {
		return nil, err
	}
	f, err := d.fileSystem.OpenFile(name, flag, mode)
	if err != nil {
		return nil, err
	}
	return faultyFile{f, d.faults}, nil
}

func (d faultyDisk) Lstat(name string) (fs.FileInfo, error) {
	if err := d.hit("lstat"); err != nil {
		return nil, err
	}
	return d.fileSystem.Lstat(name)
}

func (d faultyDisk) Files() ([]fs.FileInfo, error) {
	if err := d.hit("list"); err != nil {
		return nil, err
	}
	return d.fileSystem.Files()
}

func (d faultyDisk) Space() (size, free int64, err error) {
	if err := d.hit("statfs"); err != nil {
		return 0, 0, err
	}
	return d.fileSystem.Space()
}

func (d faultyDisk) Remove(name string) error {
	return orFault(d.hit("remove"), func() error { return d.fileSystem.Remove(name) })
}

func (d faultyDisk) Rename(from, to string) error {
	return orFault(d.hit("rename"), func() error { return d.fileSystem.Rename(from, to) })
}

func (d faultyDisk) SetTime(name string, at time.Time) error {
	return orFault(d.hit("utimes"), func() error { return d.fileSystem.SetTime(name, at) })
}

func (d faultyDisk) Sync() error { return d.hit("sync directory") }

// orFault is the fault where there is one, else the operation's own error.
func orFault(fault error, operation func() error) error {
	if fault != nil {
		return fault
	}
	return operation()
}

const sector = 512 // bytes

type faultyFile struct {
	file
	*faults
}

// WriteAt writes half of what it is told to where it fails, as a disk does that becomes full, but no part of a sector.
func (f faultyFile) WriteAt(p []byte, off int64) (int, error) {
	if err := f.hit("write"); err != nil {
		n, _ := f.file.WriteAt(p[:len(p)/2/sector*sector], off)
		return n, err
	}
	if len(p) > 100 && string(p[4:8]) == "moof" && p[47] == 1 { // of the video
		f.countFrame()
	}
	return f.file.WriteAt(p, off)
}

func (f faultyFile) ReadAt(p []byte, off int64) (int, error) {
	if err := f.hit("read"); err != nil {
		return 0, err
	}
	return f.file.ReadAt(p, off)
}

func (f faultyFile) Truncate(size int64) error {
	return orFault(f.hit("truncate"), func() error { return f.file.Truncate(size) })
}

func (f faultyFile) Chmod(mode fs.FileMode) error {
	return orFault(f.hit("chmod"), func() error { return f.file.Chmod(mode) })
}

func (f faultyFile) Stat() (fs.FileInfo, error) {
	if err := f.hit("stat"); err != nil {
		return nil, err
	}
	return f.file.Stat()
}

func (f faultyFile) Sync() error { return f.hit("sync") }

// withFaults makes a harness on such a disk, with two recordings that are there already and a third that a crash left.
func withFaults(t *testing.T, f *faults, left []byte) (r *harness, old []string) {
	r = newHarness(t, func(o *Options) { o.Segment, o.Sound = time.Second, f.microphone.open })
	r.system.syncEvery = time.Hour // the order of operations is the same each time
	r.system.openDisk = func(path string) (fileSystem, error) {
		if err := f.hit("open directory"); err != nil {
			return nil, openError{err}
		}
		disk, err := openDisk(path, nil)
		return faultyDisk{disk, f}, err
	}
	old = r.addOld(2)
	if err := os.WriteFile(r.path("petcam_20251203-120000.mp4.part"), left, 0o640); err != nil {
		t.Fatal(err)
	}
	return r, old
}

// recordOnce starts and stops, and returns what the answers and the status say.
func (r *harness) recordOnce(units []h264.AccessUnit) error {
	r.source.publish(slices.Clone(units)...)
	if _, err := r.Start(""); err != nil {
		return err
	}
	r.source.waitUntilRead()
	_, err := r.Stop()
	if status := r.Status(); status.Error != "" {
		return apierror.New(apierror.RecordingFailed, "%s", status.Error).WithReason(status.Reason)
	}
	return err
}

// samples checks that a file is an ordinary MP4, and returns how many frames it has.
func (r *harness) samples(name string) int {
	r.t.Helper()
	if boxes := mp4test.Boxes(r.t, r.path(name)); !slices.Equal(boxes, []string{"ftyp", "mdat", "moov"}) {
		r.t.Errorf("%s: boxes are %v", name, boxes)
	}
	file, err := os.Open(r.path(name))
	if err != nil {
		r.t.Fatal(err)
	}
	defer file.Close()
	recovered, err := mp4.Recover(file, r.size(name))
	if err != nil {
		r.t.Errorf("%s: %v", name, err)
	}
	return recovered.Samples
}

// growingFile is what a crash leaves of these, and the name that the file would have got.
func growingFile(t *testing.T, units []h264.AccessUnit) (name string, content []byte) {
	t.Helper()
	r := newHarness(t, nil)
	r.source.publish(slices.Clone(units)...)
	name = r.start()
	r.source.waitUntilRead()
	content, err := os.ReadFile(r.path(name + partSuffix))
	if err != nil {
		t.Fatal(err)
	}
	r.stop()
	return name, content
}

// Each operation on the disk fails in turn, once or from then on.
func TestWhicheverOperationOfTheDiskFailsWhatWasWrittenIsKeptAndSaid(t *testing.T) {
	units := seconds(t, 2)[:36] // two files
	_, left := growingFile(t, units[:10])
	microphone := &fakeSound{packets: heard(units[0].CaptureNS, 80)}
	clean := &faults{at: -1, microphone: microphone}
	r, _ := withFaults(t, clean, left)
	if err := r.recordOnce(units); err != nil {
		t.Fatal(err)
	}
	operations := slices.Clone(clean.done)
	r.holdsSound(r.Status().Filename, units[30:], of(microphone.packets[50:50+lasts(units[30:])]))
	for _, with := range []error{syscall.ENOSPC, syscall.EIO, syscall.EROFS} {
		for n, operation := range operations {
			if n > 40 && operation == "write" && operations[n-1] == "write" && operations[n+1] == "write" && n%9 > 0 {
				continue // one frame, or packet of sound, is like another
			}
			for _, forEver := range []bool{false, true} {
				f := &faults{at: n, forEver: forEver, with: with, microphone: microphone}
				t.Run(fmt.Sprintf("%v/%d %s/for ever %v", with, n, operation, forEver), func(t *testing.T) {
					failOnce(t, f, units, left)
				})
			}
		}
	}
}

func failOnce(t *testing.T, f *faults, units []h264.AccessUnit, left []byte) {
	r, old := withFaults(t, f, left)
	err := r.recordOnce(units)
	var e *apierror.Error
	if err != nil && (!errors.As(err, &e) || e.Reason == "" || e.Message == "") {
		t.Errorf("it is not said what is wrong: %v", err)
	}
	written := f.frames
	f.heal()
	r.Recover()
	held := 0
	for _, name := range r.files() {
		switch {
		case slices.Contains(old, name):
			old = slices.DeleteFunc(old, func(one string) bool { return one == name })
		case strings.HasPrefix(name, "petcam_20251203"):
			if n := r.samples(name); n != 10 && (n == 0 || !errors.Is(f.with, syscall.ENOSPC)) {
				t.Errorf("%d of 10 frames of the recording that a crash left are held", n)
			}
			left = nil
		default:
			held += r.samples(name)
		}
	}
	if len(old) > 0 || left != nil {
		t.Errorf("of those that were there %v are lost, the unfinished one: %v", old, left != nil)
	}
	if err == nil && held < len(units) && !errors.Is(f.with, syscall.ENOSPC) { // then frames make room for the table
		t.Errorf("%d of %d frames are held, and nothing was said", held, len(units))
	}
	if err != nil && r.Status().Filename != "" && held < written && !errors.Is(f.with, syscall.ENOSPC) {
		t.Errorf("%d frames were written, %d are held", written, held)
	}
	if again := r.recordOnce(units); again != nil {
		t.Errorf("the next recording fails: %v", again)
	}
}

// A disk that takes for ever to sync holds up no frame, as long as the file need not be finished.
func TestASyncThatDoesNotReturnHoldsUpNoFrame(t *testing.T) {
	r := newHarness(t, nil)
	gate := make(syncGate)
	r.wrapFiles(func(f file) file { return gatedFile{f, gate} })
	r.system.syncEvery = time.Millisecond
	units := seconds(t, 6)
	r.source.publish(units[:30]...)
	name := r.start()
	r.source.publish(units[30:]...)
	r.source.waitUntilRead() // all of them, while the first sync waits
	if got := r.Status().FrameCount; got < len(units)-1 {
		t.Errorf("%d of %d frames are written", got, len(units))
	}
	close(gate)
	r.stop()
	r.holds(name, units)
}
