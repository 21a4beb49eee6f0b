package record

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/fault"
	"petcam/streamer/internal/mp4"
	"petcam/streamer/internal/mp4/mp4test"
)

// failing is a file whose Sync fails once it is told to.
type failing struct {
	mp4.File
	fails *atomic.Bool
}

func (f failing) Sync() error {
	if f.fails.Load() {
		return syscall.EIO
	}
	return f.File.Sync()
}

func TestAnFsyncThatFailsEndsTheRecordingAndWhatIsThereIsFinishedLater(t *testing.T) {
	r := newRig(t, nil)
	var fails atomic.Bool
	real := r.system.durable
	r.system.durable = func(f *os.File) mp4.File { return failing{real(f), &fails} }
	r.system.syncEvery = time.Millisecond
	units := seconds(t, 3)
	r.ring.publish(units...)
	name := r.start()
	r.ring.untilRead()
	fails.Store(true)
	r.untilEnded()
	if status := r.Status(); status.Recording || !strings.Contains(status.Error, "disk") {
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

func TestStopSaysWhenTheFileCannotBeFinished(t *testing.T) {
	r := newRig(t, nil)
	var fails atomic.Bool
	real := r.system.durable
	r.system.durable = func(f *os.File) mp4.File { return failing{real(f), &fails} }
	r.system.syncEvery = time.Hour
	r.ring.publish(seconds(t, 1)...)
	r.start()
	fails.Store(true)
	_, err := r.Stop()
	wantFault(t, err, fault.RecordingFailed, "disk")
	if status := r.Status(); status.Recording || status.Error == "" || len(r.log.lines("recording ended")) != 1 {
		t.Errorf("status is %+v, log %q", status, r.log.lines("ended"))
	}
}

func TestAccessUnitsWithoutAPictureAreLeftOut(t *testing.T) {
	r := newRig(t, nil)
	units := seconds(t, 2)
	units[0].Data = units[0].Data[:5]   // a delimiter alone, though it says that it is a keyframe
	units[45].Data = units[45].Data[:5] // in the middle
	r.ring.publish(units...)
	name := r.start()
	r.stop()
	r.holds(name, append(units[30:45:45], units[46:]...))
}

func TestADirectoryThatIsRemovedEndsTheRecording(t *testing.T) {
	r := newRig(t, nil)
	r.system.syncEvery = time.Millisecond
	r.ring.publish(seconds(t, 1)...)
	r.start()
	if err := os.RemoveAll(r.dir); err != nil {
		t.Fatal(err)
	}
	r.untilEnded()
	if status := r.Status(); status.Recording || !strings.Contains(status.Error, "removed") {
		t.Errorf("status is %+v", status)
	}
	r.start()
	name := r.stop().Filename
	mp4test.Plays(t, r.path(name))
}

func TestALimitOfTheFileSizeEndsTheRecordingWithAWholeFile(t *testing.T) {
	units := seconds(t, 5)
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, nil)
	r.ring.publish(units[:30]...)
	name := r.start()
	r.ring.untilRead()
	limit := before
	limit.Cur = uint64(r.Status().BytesWritten) + 20_000
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	r.ring.publish(units[30:]...)
	r.untilEnded()
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	status := r.Status()
	if status.Recording || !strings.Contains(status.Error, "recording.segment_minutes") {
		t.Errorf("status is %+v", status)
	}
	r.holds(name, units[:status.FrameCount])
}

func TestAReadOnlyDiskIsNamed(t *testing.T) {
	disk := smallDisk(t, 16<<20)
	if err := unix.Mount("", disk, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(o *Options) { o.Directory = disk })
	r.ring.publish(seconds(t, 1)...)
	_, err := r.Start("")
	wantFault(t, err, fault.RecordingFailed, "read-only")
	if err := unix.Mount("", disk, "", unix.MS_REMOUNT, ""); err != nil {
		t.Fatal(err)
	}
	r.start()
	r.stop()
}

func TestAPathThatIsNoDirectoryIsNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(o *Options) { o.Directory = file })
	_, err := r.Start("")
	wantFault(t, err, fault.RecordingFailed, "not a directory")
}

func TestADirectoryOfAnotherOwnerIsNamed(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	if os.Getuid() != 0 {
		r := newRig(t, func(o *Options) { o.Directory = dir })
		r.ring.publish(seconds(t, 1)...)
		_, err := r.Start("")
		wantFault(t, err, fault.RecordingFailed, "chown")
		return
	}
	// root may write everywhere: look through the eyes of somebody else.
	err := explain(&os.PathError{Op: "openat", Path: "x", Err: syscall.EACCES})
	wantFault(t, err, fault.RecordingFailed, "chown")
}

func TestASourceThatFailsEndsTheRecordingWithAWholeFile(t *testing.T) {
	r := newRig(t, nil)
	units := seconds(t, 2)
	r.ring.publish(units...)
	name := r.start()
	r.ring.fail(errors.New("ABI version 2"))
	r.untilEnded()
	if status := r.Status(); status.Recording || !strings.Contains(status.Error, "camera") || strings.Contains(status.Error, "ABI") {
		t.Errorf("status is %+v", status)
	}
	r.holds(name, units)
}
