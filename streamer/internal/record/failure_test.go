package record

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/mp4"
	"petcam/streamer/internal/mp4/mp4test"
)

// failingFile is a file whose Sync fails once it is told to.
type failingFile struct {
	mp4.File
	fails *atomic.Bool
}

func (f failingFile) Sync() error {
	if f.fails.Load() {
		return syscall.EIO
	}
	return f.File.Sync()
}

// failSyncs makes the files' Sync fail while the returned value is true.
func (h *harness) failSyncs() (fails *atomic.Bool) {
	fails = &atomic.Bool{}
	real := h.system.durable
	h.system.durable = func(f *os.File) mp4.File { return failingFile{real(f), fails} }
	return fails
}

func TestAFailedFsyncEndsTheRecordingAndItsFileIsRecoveredLater(t *testing.T) {
	r := newHarness(t, nil)
	fails := r.failSyncs()
	r.system.syncEvery = time.Millisecond
	units := seconds(t, 3)
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

func TestTheFileSizeLimitEndsTheRecordingWithAPlayableFile(t *testing.T) {
	units := seconds(t, 5)
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	r := newHarness(t, nil)
	r.source.publish(units[:30]...)
	name := r.start()
	r.source.waitUntilRead()
	limit := before
	limit.Cur = uint64(r.Status().BytesWritten) + 20_000
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	r.source.publish(units[30:]...)
	r.waitUntilEnded()
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	status := r.Status()
	if status.Recording || !strings.Contains(status.Error, "recording.segment_minutes") || status.Reason != "File too large" {
		t.Errorf("status is %+v", status)
	}
	r.holds(name, units[:status.FrameCount])
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

func TestAPathThatIsNoDirectoryIsReported(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := newHarness(t, func(o *Options) { o.Directory = file })
	_, err := r.Start("")
	wantError(t, err, apierror.RecordingFailed, "not a directory")
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
	wantError(t, err, apierror.RecordingFailed, "chown")
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
