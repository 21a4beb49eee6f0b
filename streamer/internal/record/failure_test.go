package record

import (
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/mp4/mp4test"
)

// failingFile is a file whose Sync fails once it is told to.
type failingFile struct {
	file
	fails *atomic.Bool
}

func (f failingFile) Sync() error {
	if f.fails.Load() {
		return syscall.EIO
	}
	return f.file.Sync()
}

// failSyncs makes the files' Sync fail while the returned value is true.
func (h *harness) failSyncs() (fails *atomic.Bool) {
	fails = &atomic.Bool{}
	h.wrapFiles(func(f file) file { return failingFile{f, fails} })
	return fails
}

func TestAFailedFsyncEndsTheRecordingAndItsFileIsRecoveredLater(t *testing.T) {
	r := newHarness(t, nil)
	fails := r.failSyncs()
	r.system.syncEvery = time.Millisecond
	units := seconds(t, 4)
	units, later := units[:3*len(units)/4], units[3*len(units)/4:]
	r.source.publish(units...)
	name := r.start()
	r.source.waitUntilRead()
	fails.Store(true)
	r.waitUntilEnded()
	if status := r.Status(); status.Recording || !strings.Contains(status.Error, "disk") || status.Reason != "Disk fault" {
		t.Errorf("status is %+v", status)
	}
	if lines := r.log.lines("recording ended"); len(lines) != 1 {
		t.Errorf("log has %q", lines)
	}
	if got := mp4test.Packets(t, r.path(name+partSuffix)); len(got) != len(units) {
		t.Errorf("%d frames play, want %d", len(got), len(units))
	}
	fails.Store(false)
	r.source.publish(later...) // what a slow test published long ago is no sign of a camera
	r.start()
	r.stop()
	r.holds(name, units)
}

func TestStopFailsWhenTheFileCannotBeFinished(t *testing.T) {
	r := newHarness(t, nil)
	fails := r.failSyncs()
	r.system.syncEvery = time.Hour
	r.source.publish(seconds(t, 1)...)
	r.start()
	fails.Store(true)
	_, err := r.Stop()
	wantError(t, err, apierror.RecordingFailed, "disk")
	if status := r.Status(); status.Recording || status.Error == "" || len(r.log.lines("recording ended")) != 1 {
		t.Errorf("status is %+v, log %q", status, r.log.lines("ended"))
	}
}

func TestAccessUnitsWithoutASliceAreLeftOut(t *testing.T) {
	r := newHarness(t, nil)
	units := seconds(t, 2)
	units[0].Data = units[0].Data[:5]   // a delimiter alone, though it says that it is a keyframe
	units[45].Data = units[45].Data[:5] // in the middle
	r.source.publish(units...)
	name := r.start()
	r.stop()
	r.holds(name, append(units[30:45:45], units[46:]...))
}

func TestRemovingTheDirectoryEndsTheRecording(t *testing.T) {
	r := newHarness(t, nil)
	r.system.syncEvery = time.Millisecond
	r.source.publish(seconds(t, 1)...)
	r.start()
	if err := os.RemoveAll(r.dir); err != nil {
		t.Fatal(err)
	}
	r.waitUntilEnded()
	if status := r.Status(); status.Recording || !strings.Contains(status.Error, "removed") || status.Reason != "Directory removed" {
		t.Errorf("status is %+v", status)
	}
	r.start()
	name := r.stop().Filename
	mp4test.Plays(t, r.path(name))
}

// limitedFile takes so many bytes and no more, as a file of FAT32 does.
type limitedFile struct {
	file
	max *atomic.Int64
}

func (f limitedFile) WriteAt(p []byte, off int64) (int, error) {
	room := min(max(f.max.Load()-off, 0), int64(len(p)))
	n, err := f.file.WriteAt(p[:room], off)
	if err == nil && n < len(p) {
		err = syscall.EFBIG
	}
	return n, err
}

// limitFiles returns the bytes that files opened from now on take: no limit at first.
func (h *harness) limitFiles() *atomic.Int64 {
	limit := &atomic.Int64{}
	limit.Store(math.MaxInt64)
	h.wrapFiles(func(f file) file { return limitedFile{f, limit} })
	return limit
}

// A FUSE program does not say that its disk is FAT32.
func TestAFileThatMayNotGrowIsFollowedByAnother(t *testing.T) {
	units := seconds(t, 10)
	r := newHarness(t, nil)
	limit := r.limitFiles()
	r.source.publish(units[:30]...)
	r.start()
	r.source.waitUntilRead()
	limit.Store(5 * r.Status().BytesWritten / 2)
	r.source.publish(units[30:]...)
	status := r.stop()
	if status.Error != "" || len(r.files()) < 3 {
		t.Errorf("status is %+v, files are %v", status, r.files())
	}
	held := 0
	for _, name := range r.files() {
		mp4test.Plays(t, r.path(name))
		held += r.samples(name)
	}
	if lost := len(units) - held; lost == 0 || uint64(lost) != status.Dropped {
		t.Errorf("%d of %d frames are in no file, and %d are said", lost, len(units), status.Dropped)
	}
}

func TestADiskThatTakesNotEvenASecondInAFileEndsTheRecording(t *testing.T) {
	units := seconds(t, 3)
	r := newHarness(t, nil)
	limit := r.limitFiles()
	r.source.publish(units[:30]...)
	r.start()
	r.source.waitUntilRead()
	limit.Store(2000)
	r.source.publish(units[30:]...)
	r.waitUntilEnded()
	status := r.Status()
	if !strings.Contains(status.Error, "largest size") || status.Reason != "File too large" {
		t.Errorf("status is %+v", status)
	}
}

// fullFile is a file on a disk that has become full: it takes what it was begun with, and no more.
type fullFile struct{ file }

func (f fullFile) WriteAt(p []byte, off int64) (int, error) {
	if off > 0 {
		return 0, syscall.ENOSPC
	}
	return f.file.WriteAt(p, off)
}

func TestADiskThatIsFullWhenTheNextFileBeginsCostsNothingButThatFile(t *testing.T) {
	units := seconds(t, 3)
	r := newHarness(t, func(o *Options) { o.Segment = 2 * time.Second })
	files := 0
	r.wrapFiles(func(f file) file {
		if files++; files == 1 {
			return f
		}
		return fullFile{f}
	})
	r.source.publish(units[:30]...)
	name := r.start()
	r.source.publish(units[30:]...)
	r.waitUntilEnded()
	if status := r.Status(); status.Reason != "Disk full" || status.Filename != name || status.FrameCount != 60 {
		t.Errorf("status is %+v", status)
	}
	if files := r.files(); !slices.Equal(files, []string{name}) {
		t.Errorf("files are %v", files)
	}
	r.holds(name, units[:60])
	if written := r.space.written(); len(written) != 0 {
		t.Errorf("what is written is %v", written)
	}
}

func TestAReadOnlyDiskIsReported(t *testing.T) {
	disk := smallDisk(t, 16<<20)
	if err := unix.Mount("", disk, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	r := newHarness(t, func(o *Options) { o.Directory = disk })
	r.source.publish(seconds(t, 1)...)
	_, err := r.Start("")
	wantError(t, err, apierror.RecordingFailed, "read-only")
	if err := unix.Mount("", disk, "", unix.MS_REMOUNT, ""); err != nil {
		t.Fatal(err)
	}
	r.start()
	r.stop()
}

// spoiled are things in the place of the recordings directory, or of the folder that it lies in, that are none.
var spoiled = map[string]struct {
	spoil  func(path, folder string) error
	reason string
	words  string
}{
	"a file":                      {func(p, _ string) error { return os.WriteFile(p, nil, 0o600) }, "Not a directory", "not a dir"},
	"a pipe":                      {func(p, _ string) error { return unix.Mkfifo(p, 0o600) }, "Not a directory", "not a dir"},
	"a link to itself":            {func(p, _ string) error { return os.Symlink(p, p) }, "Not a directory", "link"},
	"a link to nowhere":           {func(p, _ string) error { return os.Symlink(p+"-gone", p) }, "Not a directory", "link"},
	"a link to a file":            {func(p, _ string) error { return os.Symlink("/proc/stat", p) }, "Not a directory", "not a dir"},
	"in a file":                   {func(_, f string) error { return os.WriteFile(f, nil, 0o600) }, "Not a directory", "not a dir"},
	"in a folder that is missing": {func(_, f string) error { return nil }, "Directory missing", "mount its disk"},
	"in a link to itself":         {func(_, f string) error { return os.Symlink(f, f) }, "Not a directory", "link"},
	"in a link to nowhere":        {func(_, f string) error { return os.Symlink(f+"-gone", f) }, "Directory missing", "mount its disk"},
}

func TestWhatIsNoRecordingsDirectoryIsReportedAndTheNextStartLooksAgain(t *testing.T) {
	for name, c := range spoiled {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "disk", "recordings")
			if !strings.HasPrefix(name, "in ") {
				if err := os.Mkdir(filepath.Dir(dir), 0o750); err != nil {
					t.Fatal(err)
				}
			}
			if err := c.spoil(dir, filepath.Dir(dir)); err != nil {
				t.Fatal(err)
			}
			r := newHarness(t, func(o *Options) { o.Directory, o.MaxAge = dir, time.Hour })
			r.Recover()
			r.space.deleteOld(time.Now())
			r.Totals()
			r.source.publish(seconds(t, 1)...)
			_, err := r.Start("")
			wantError(t, err, apierror.RecordingFailed, c.words)
			var e *apierror.Error
			if !errors.As(err, &e) || e.Reason != c.reason {
				t.Errorf("error is %v, want %s", err, c.reason)
			}
			_, _ = os.Remove(dir), os.Remove(filepath.Dir(dir)) // whichever is there
			if err := os.Mkdir(filepath.Dir(dir), 0o750); err != nil {
				t.Fatal(err)
			}
			r.start()
			r.stop()
		})
	}
}

func TestADirectoryThatMayNotBeWrittenIsReported(t *testing.T) {
	if os.Getuid() == 0 { // who may write everywhere: run the test as another user
		asNobody(t)
		return
	}
	dir := filepath.Join(t.TempDir(), "recordings")
	if err := os.Mkdir(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	r := newHarness(t, func(o *Options) { o.Directory = dir })
	r.source.publish(seconds(t, 1)...)
	_, err := r.Start("")
	wantError(t, err, apierror.RecordingFailed, "sudo petcam doctor")
	if err := os.Chmod(dir, 0o000); err != nil {
		t.Fatal(err)
	}
	r.Recover()
	_, err = r.Start("")
	wantError(t, err, apierror.RecordingFailed, "sudo petcam doctor")
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	r.start()
	r.stop()
}

// asNobody runs the test again as a user who owns nothing.
func asNobody(t *testing.T) {
	t.Helper()
	home, err := os.MkdirTemp("", "petcam-nobody-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	if err := errors.Join(os.Chmod(home, 0o700), os.Chown(home, 65534, 65534)); err != nil {
		t.Fatal(err)
	}
	again := exec.Command("/proc/self/exe", "-test.run", "^"+t.Name()+"$", "-test.v")
	again.Env, again.Dir = append(os.Environ(), "TMPDIR="+home, "HOME="+home), "/"
	again.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	if out, err := again.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("%v: %s", err, out)
	}
}

func TestAFailingSourceEndsTheRecordingWithAPlayableFile(t *testing.T) {
	r := newHarness(t, nil)
	units := seconds(t, 2)
	r.source.publish(units...)
	name := r.start()
	r.source.fail(errors.New("ABI version 2"))
	r.waitUntilEnded()
	if status := r.Status(); status.Recording || !strings.Contains(status.Error, "camera") || strings.Contains(status.Error, "ABI") {
		t.Errorf("status is %+v", status)
	}
	r.holds(name, units)
}

func TestFailedRecoveryIsRetriedAndLoggedOnce(t *testing.T) {
	r := newHarness(t, nil)
	fails := r.failSyncs()
	r.system.syncEvery = time.Millisecond
	units := seconds(t, 2)
	r.source.publish(units...)
	name := r.start()
	r.source.waitUntilRead()
	fails.Store(true)
	r.waitUntilEnded()
	for range 3 { // as each minute
		r.Recover()
	}
	if lines := r.log.lines("cannot finish"); len(lines) != 1 || !r.unfinished.Load() {
		t.Errorf("log has %q", lines)
	}
	fails.Store(false)
	r.Recover()
	r.holds(name, units)
	if r.unfinished.Load() {
		t.Error("it is still to be tried again")
	}
}

// lackingDisk has a file system without modes.
type lackingDisk struct{ fileSystem }

func (d lackingDisk) Lacks(string) []string { return []string{"modes", "times"} }

func TestWhatTheFileSystemLacksIsLoggedOnce(t *testing.T) {
	r := newHarness(t, func(o *Options) { o.Segment = time.Second })
	r.system.openDisk = func(path string) (fileSystem, error) {
		disk, err := openDisk(path, nil)
		return lackingDisk{disk}, err
	}
	for range 2 {
		r.source.publish(seconds(t, 3)...)
		r.start()
		r.stop()
	}
	if lines := r.log.lines("no modes, no times of its own"); len(lines) != 1 {
		t.Errorf("the log has %q", lines)
	}
}

func TestADiskWithModesAndTimesLacksNothing(t *testing.T) {
	r := newHarness(t, nil)
	r.source.publish(seconds(t, 1)...)
	r.start()
	r.stop()
	if lines := r.log.lines("of its own"); len(lines) > 0 {
		t.Errorf("the log has %q", lines)
	}
}

// FUSE and NFS keep such a file until it is closed.
func TestAGrowingFileThatIsDeletedEndsTheRecordingWhereItStaysUnderAnotherName(t *testing.T) {
	r := newHarness(t, nil)
	r.system.syncEvery = time.Millisecond
	r.source.publish(seconds(t, 1)...)
	name := r.start()
	if err := os.Rename(r.path(name+partSuffix), r.path(".fuse_hidden0001")); err != nil {
		t.Fatal(err)
	}
	r.waitUntilEnded()
	if status := r.Status(); status.Reason != "Directory removed" {
		t.Errorf("status is %+v", status)
	}
}
