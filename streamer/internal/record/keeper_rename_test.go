package record

import (
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"petcam/streamer/internal/recordname"
)

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
	if files := f.files(); !slices.Equal(files, []string{recordname.NamedAs(leased.Filename, always) + partSuffix}) {
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
		renamed, err := r.renameFinished(dir, name, recordname.NamedAs(name, visit))
		dir.Close()
		want := []string{recordname.NamedAs(name, visit), recordname.NamedAs(name, visit) + pinSuffix}
		if pinned {
			want = want[:1]
		}
		if files := r.files(); !renamed || err != nil || !slices.Equal(files, want) {
			t.Errorf("%v, %v: files are %v, want %v", renamed, err, files, want)
		}
	}
}
