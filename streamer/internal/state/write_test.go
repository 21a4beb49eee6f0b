package state

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAFileIsReplacedWholeForItsOwnerOnly(t *testing.T) {
	directory := t.TempDir()
	path := filepath.Join(directory, "file")
	write(t, path, "old")
	if err := Write(path, []byte("new")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if text, _ := Read(path, 10); err != nil || string(text) != "new" || info.Mode() != 0o600 {
		t.Errorf("%q, %v, %v", text, info, err)
	}
	if err := Write(filepath.Join(directory, "nowhere/file"), nil); err == nil {
		t.Error("a folder that is missing was written to")
	}
	if entries, err := os.ReadDir(directory); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}

func TestAFileThatCannotTakeItsPlaceIsNotLeft(t *testing.T) {
	directory := t.TempDir()
	path := filepath.Join(directory, "file")
	if err := os.MkdirAll(filepath.Join(path, "in it"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, []byte("new")); err == nil {
		t.Error("a directory was replaced")
	}
	if entries, err := os.ReadDir(directory); err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
}
