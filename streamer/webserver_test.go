package main

import (
	"os"
	"path/filepath"
	"testing"

	"petcam/streamer/internal/config"
)

func TestThePageIsServedWhereTheConfigurationSaysSoAndWherePetcamWebIsNotInstalled(t *testing.T) {
	here := filepath.Join(t.TempDir(), "petcam-web.service")
	if err := os.WriteFile(here, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, each := range []struct {
		server, unit string
		want         bool
	}{
		{"python", "", false}, {"python", here, false}, {"python", here + ".gone", true},
		{"go", "", true}, {"go", here, true}, {"go", here + ".gone", true},
	} {
		t.Setenv("PETCAM_WEB_UNIT", each.unit)
		settings := config.Default()
		settings.Web.Server = each.server
		if got := servesPage(settings); got != each.want {
			t.Errorf("%+v: %v", each, got)
		}
	}
}

func TestBoardAnswersThePackagesScripts(t *testing.T) {
	b := newBoard(t)
	t.Setenv("PETCAM_WEB_UNIT", "")
	b.expect("", []string{"board", "serves"}, 0, "petcam-web\n", "")
	b.configure("web: {server: go}\nrecording: {directory: '/srv/our films'}")
	b.expect("", []string{"board", "serves"}, 0, "petcam-streamer\n", "")
	b.expect("", []string{"board", "recordings"}, 0, "/srv/our films\n", "")
	for _, words := range [][]string{{"board"}, {"board", "all"}, {"board", "give", "/", "petcam", "1"}, {"board", "give", "/", "1", "you"}} {
		b.expect("", words, 2, "", "usage: petcam-streamer board *")
	}
	b.expect("", []string{"board", "give", b.directory, "54321", "54322"}, 1, "", "petcam-streamer: *no such file or directory\n")
	b.configure("web: {server: ruby}")
	b.expect("", []string{"board", "serves"}, exitBadConfig, "", "petcam-streamer: *web.server*")
}
