package record

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// picturesOf makes a folder with files of so many bytes, whose time of modification is long past.
func picturesOf(t *testing.T, sizes ...int) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "pictures")
	if err := os.Mkdir(folder, 0o750); err != nil {
		t.Fatal(err)
	}
	for i, size := range sizes {
		addPicture(t, folder, i, size)
	}
	age(t, folder)
	return folder
}

func addPicture(t *testing.T, folder string, number, size int) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("visit_1-5-%d-7.jpg", number)), make([]byte, size), 0o640); err != nil {
		t.Fatal(err)
	}
}

func age(t *testing.T, folder string) {
	t.Helper()
	if err := os.Chtimes(folder, time.Time{}, time.Now().Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
}

func TestPicturesOfVisitsTakePartOfMaxBytes(t *testing.T) {
	folder := picturesOf(t, 1500, 500)
	r := newHarness(t, func(o *Options) { o.MaxBytes, o.Pictures = 4500, folder })
	names := r.addOld(4) // of 1,000 bytes; a new one begins with none
	r.source.publish(seconds(t, 1)...)
	r.start()
	left := r.files()
	for i, name := range names {
		if stays := i >= 2; slices.Contains(left, name) != stays {
			t.Errorf("recording %d: stays is not %v", i, stays)
		}
	}
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != 2 {
		t.Errorf("the pictures are %v, %v", entries, err)
	}
}

func TestPicturesAloneThatReachMaxBytesEndARecordingAndDeleteNone(t *testing.T) {
	folder := picturesOf(t, 6000)
	r := newHarness(t, func(o *Options) { o.MaxBytes, o.Pictures = 4500, folder })
	names := r.addOld(2)
	r.source.publish(seconds(t, 1)...)
	if _, err := r.Start(""); err == nil || !strings.Contains(err.Error(), "recording.max_bytes") {
		t.Errorf("start says %v", err)
	}
	for _, name := range names {
		if !slices.Contains(r.files(), name) {
			t.Errorf("%s went for nothing", name)
		}
	}
}

func TestPicturesAreListedAgainOnlyWhereTheFolderHasChanged(t *testing.T) {
	folder := picturesOf(t, 100, 200)
	p := pictures{path: folder}
	if n := p.bytes(); n != 300 {
		t.Fatalf("%d bytes", n)
	}
	addPicture(t, folder, 0, 5000) // the same name, so nothing of the folder itself changes
	age(t, folder)
	if info, err := os.Stat(folder); err != nil {
		t.Fatal(err)
	} else {
		p.as = info.ModTime()
	}
	if n := p.bytes(); n != 300 {
		t.Errorf("it was listed again: %d bytes", n)
	}
	addPicture(t, folder, 2, 7)
	if n := p.bytes(); n != 5207 {
		t.Errorf("%d bytes once it has changed", n)
	}
	addPicture(t, folder, 3, 1) // within the same step of a coarse time
	if err := os.Chtimes(folder, time.Time{}, p.as); err != nil {
		t.Fatal(err)
	}
	if n := p.bytes(); n != 5208 {
		t.Errorf("%d bytes just after that", n)
	}
}

func TestOfPicturesOnlyFilesCountAndOnlySoManyNames(t *testing.T) {
	folder := picturesOf(t, 10)
	if err := os.Symlink("/etc/passwd", filepath.Join(folder, "link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(folder, "folder"), 0o750); err != nil {
		t.Fatal(err)
	}
	if n := (&pictures{path: folder}).bytes(); n != 10 {
		t.Errorf("%d bytes", n)
	}
	for i := range maxPictures + 100 {
		addPicture(t, folder, i, 1)
	}
	if n := (&pictures{path: folder}).bytes(); n > maxPictures {
		t.Errorf("%d bytes", n)
	}
}

func TestWithoutAFolderThereAreNoPictures(t *testing.T) {
	folder := picturesOf(t, 10)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(folder, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"", link, filepath.Join(folder, "none"), filepath.Join(folder, "visit_1-5-0-7.jpg")} {
		if n := (&pictures{path: path}).bytes(); n != 0 {
			t.Errorf("%q has %d bytes", path, n)
		}
	}
	p := pictures{path: folder}
	if p.bytes() != 10 {
		t.Error("they are not counted")
	}
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	if n := p.bytes(); n != 0 {
		t.Errorf("%d bytes once it is gone", n)
	}
}
