package main

import (
	"os"
	"path/filepath"
	"testing"

	"petcam/streamer/internal/page"
)

// withProgram puts a program before all others on the PATH.
func withProgram(t *testing.T, name, script string) {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, name), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))
}

func TestCheckConfigTakesOneFile(t *testing.T) {
	b := newBoard(t)
	b.configure("web: {server: python}")
	b.expect("", []string{"check-config"}, 0, b.config+": ok\n", "")
	b.expect("", []string{"check-config", "/nowhere", "/nothing"}, 2, "", "usage: petcam-streamer check-config *")
	b.expect("", []string{"check-config", "/nowhere"}, exitBadConfig, "", "petcam-streamer: /nowhere: cannot be read: No such file *")
}

func TestCheckConfigRefusesToServePagesThatAreNotThere(t *testing.T) {
	b := newBoard(t)
	c := newCheckConfigCommand()
	c.bare = (&checkConfigCommand{func() error { return page.ErrNotBuilt }}).run
	b.configure("web: {server: go}")
	b.expectOf(c, nil, exitBadConfig, "", "petcam-streamer: "+b.config+
		": web.server: 'go' cannot work: this petcam-streamer was built without pages: make setup\n")
	b.configure("web: {server: python}")
	b.expectOf(c, nil, 0, b.config+": ok\n", "")
}

func TestCheckConfigSeesWhatADropInHasOpened(t *testing.T) {
	b := newBoard(t)
	b.configure("recording: {directory: /home/pi/films}")
	for settings, status := range map[string]int{
		"LoadState=loaded\nProtectHome=yes\nPrivateTmp=no\n":                               exitBadConfig,
		"LoadState=not-found\nProtectHome=no\n":                                            exitBadConfig,
		"LoadState=loaded\nProtectHome=read-only\n":                                        0,
		"LoadState=loaded\nProtectHome=yes\nBindPaths=/a:/b:x /home/pi:/home/pi:rbind\n":   0,
		"LoadState=loaded\nProtectHome=yes\nBindReadOnlyPaths=-/srv:/home/pi/film:rbind\n": exitBadConfig,
	} {
		withProgram(t, "systemctl", "printf '%s' '"+settings+"'")
		stdout, stderr := b.config+": ok\n", ""
		if status != 0 {
			stdout, stderr = "", "*is below /home, where petcam-streamer.service sees a folder of its own;*"
		}
		b.expect("", []string{"check-config"}, status, stdout, stderr)
	}
}
