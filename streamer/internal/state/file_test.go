package state

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"petcam/streamer/internal/state/statetest"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOnlyRegularFilesOfTheirSizeAreRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if _, err := Read(path, 4); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	write(t, path, "good")
	if text, err := Read(path, 4); err != nil || string(text) != "good" {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := Read(path, 3); err == nil {
		t.Error("a larger one was read")
	}
	for _, name := range []string{"huge", "directory", "pipe", "device", "link loop", "unreadable"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "file")
			statetest.Damages()[name](t, path)
			for _, links := range []bool{false, true} {
				f := File{Path: path, MaxBytes: 4, Links: links}
				if _, _, err := f.Text(); err == nil {
					t.Errorf("it was read, with links %v", links)
				}
			}
		})
	}
}

func TestFileIsReadAgainWhenItChangesAndTellsSo(t *testing.T) {
	directory := t.TempDir()
	path, link := filepath.Join(directory, "file"), filepath.Join(directory, "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	f, linked := File{Path: path, MaxBytes: 10}, File{Path: link, MaxBytes: 10, Links: true}
	expect := func(want string, wantChanged bool) {
		t.Helper()
		for _, each := range []*File{&f, &linked} {
			text, changed, err := each.Text()
			if string(text) != want || changed != wantChanged || (err != nil) != (want == "") {
				t.Errorf("%q, %v, %v", text, changed, err)
			}
		}
	}
	expect("", true)
	expect("", false)
	write(t, path, "one")
	expect("one", true)
	expect("one", false)
	write(t, path+".new", "two")
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
	expect("two", true)
	write(t, path, "far too long")
	expect("", true)
	expect("", false)
}
