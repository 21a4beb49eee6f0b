package record

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/place"
)

// newPlaced makes a harness whose directory is that of a disk for which a small one is mounted.
func newPlaced(t *testing.T) (r *harness, disk string) {
	t.Helper()
	disk = smallDisk(t, 16<<20)
	state := t.TempDir()
	return newHarness(t, func(o *Options) {
		o.Directory = filepath.Join(disk, "recordings")
		o.Place = place.New(o.Directory, state, o.Log)
	}), disk
}

func TestNothingIsRecordedWhereTheDiskIsMissingAndItIsSaidUntilItIsBack(t *testing.T) {
	r, disk := newPlaced(t)
	r.source.publish(seconds(t, 1)...)
	r.start()
	kept := r.stop().Filename
	hide, show := hideDisk(t, disk)
	hide()
	r.lookForDisk()
	if status := r.Status(); status.Reason != DiskNotMounted || len(r.Faults()) != 1 || r.Totals().Free != -1 {
		t.Errorf("%+v, %q, %d", status, r.Faults(), r.Totals().Free)
	}
	_, err := r.Start("")
	wantError(t, err, apierror.RecordingFailed, "is not mounted on "+disk)
	r.Recover()
	if entries, err := os.ReadDir(disk); err != nil || len(entries) != 0 {
		t.Errorf("below the disk are %v, %v", entries, err)
	}
	show()
	r.lookForDisk()
	if status := r.Status(); status.Reason != "" || r.Faults() != nil || r.Totals().Free < 0 {
		t.Errorf("%+v", status)
	}
	r.start()
	r.stop()
	if _, err := os.Stat(r.path(kept)); err != nil {
		t.Error(err)
	}
}

func TestWhatACrashLeftIsFinishedOnceTheDiskComes(t *testing.T) {
	r, disk := newPlaced(t)
	units := seconds(t, 1)
	r.source.publish(units...)
	r.start()
	name := r.stop().Filename
	hide, show := hideDisk(t, disk)
	if err := os.Rename(r.path(name), r.path(name+partSuffix)); err != nil { // a power cut just before it had its name
		t.Fatal(err)
	}
	hide()
	r.lookForDisk()
	show()
	r.lookForDisk()
	r.holds(name, units)
}

// hideDisk gives functions by which a mounted disk goes, and comes back.
func hideDisk(t *testing.T, disk string) (hide, show func()) {
	t.Helper()
	aside := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(unix.Mount(disk, aside, "", unix.MS_BIND, ""))
	t.Cleanup(func() { must(unix.Unmount(aside, unix.MNT_DETACH)) })
	return func() { must(unix.Unmount(disk, unix.MNT_DETACH)) }, func() { must(unix.Mount(aside, disk, "", unix.MS_BIND, "")) }
}
