package remedy

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

const said = "set it with sudo petcam password --viewer, or: sudo petcam camera on; sudo petcam-keys sudo petcam doctor says more"

// TestMain is Here as a program of its own, which the tests install.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "petcam-streamer" {
		_, _ = io.Copy(Writer(os.Stdout), os.Stdin)
		return
	}
	os.Exit(m.Run())
}

// install puts this program into a folder of a new tree, and gives what it makes of said.
func install(t *testing.T, folder string, others ...string) string {
	t.Helper()
	top := t.TempDir()
	place := filepath.Join(top, folder, "petcam-streamer")
	own, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(own)
	if err != nil {
		t.Fatal(err)
	}
	put(t, place, program)
	for _, other := range others {
		put(t, filepath.Join(top, other), []byte("#!/bin/sh\n"))
	}
	run := exec.Command(place)
	run.Env = []string{"PATH=" + filepath.Join(top, "elsewhere")}
	run.Stdin = bytes.NewReader([]byte(said))
	out, err := run.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func put(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o700); err != nil {
		t.Fatal(err)
	}
}

func TestWithoutPetcamTheCommandsAreTheStreamers(t *testing.T) {
	want := "set it with sudo petcam-streamer password --viewer, or: sudo rm /var/lib/petcam/camera.json; sudo petcam-keys sudo " +
		"petcam-streamer doctor says more"
	if got := install(t, "bin"); got != want {
		t.Errorf("got %q", got)
	}
}

func TestWithPetcamOrInACheckoutTheyAreIts(t *testing.T) {
	for name, got := range map[string]string{
		"beside":     install(t, "bin", "bin/petcam"),
		"on PATH":    install(t, "bin", "elsewhere/petcam"),
		"a checkout": install(t, "build"),
	} {
		if got != said {
			t.Errorf("%s: got %q", name, got)
		}
	}
}
