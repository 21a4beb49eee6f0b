// Package statetest damages files in every way that a test of a state file should survive.
package statetest

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Damages are by their name what can be at a path instead of the file, which must not be there yet.
func Damages() map[string]func(t *testing.T, path string) {
	text := func(text string) func(*testing.T, string) {
		return func(t *testing.T, path string) { check(t, os.WriteFile(path, []byte(text), 0o600)) }
	}
	return map[string]func(*testing.T, string){
		"empty":      text(""),
		"binary":     text("\x00\xff\xfe"),
		"nested":     text(strings.Repeat("[", 20_000)),
		"truncated":  text(`{"version":1,"tokens"`),
		"a list":     text("[]"),
		"huge":       func(t *testing.T, path string) { text("")(t, path); check(t, os.Truncate(path, 1<<40)) },
		"directory":  func(t *testing.T, path string) { check(t, os.Mkdir(path, 0o700)) },
		"pipe":       func(t *testing.T, path string) { check(t, unix.Mkfifo(path, 0o600)) },
		"device":     func(t *testing.T, path string) { check(t, os.Symlink("/dev/zero", path)) },
		"link loop":  func(t *testing.T, path string) { check(t, os.Symlink(path, path)) },
		"unreadable": unreadable,
	}
}

func unreadable(t *testing.T, path string) {
	if os.Getuid() == 0 {
		t.Skip("root may read everything")
	}
	check(t, os.WriteFile(path, []byte(strings.Repeat("k", 64)), 0))
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
