package main

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"petcam/streamer/internal/mp4/mp4test"
)

func TestThePastIsKeptAndSentOverHTTP(t *testing.T) {
	c := settings(t)
	film(t, c.Camera.Stream)
	url := begin(t, c)
	eventually(t, "the camera is live", func() bool {
		return want(t, "GET", url+"/health", nil, 200)["camera"].(map[string]any)["state"] == "live"
	})
	kept := want(t, "POST", url+"/past", map[string]float64{"seconds": 30}, 200)
	file, err := os.Stat(filepath.Join(c.Recording.Directory, kept["filename"].(string)))
	if err != nil || float64(file.Size()) != kept["bytes"] {
		t.Error(file, err, kept)
	}
	if status := want(t, "GET", url+"/status", nil, 200); status["recording"] != false || status["filename"] != "" {
		t.Error(status)
	}
	response, err := http.Get(url + "/past.mp4?from=5")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if kind := response.Header.Get("Content-Type"); !strings.HasPrefix(kind, `video/mp4; codecs="avc1.`) {
		t.Error(kind, response.Status)
	}
	for _, name := range []string{"X-Capture-Ns", "X-Rtp-Timestamp", "X-Past-Age", "X-Past-Held"} {
		if response.Header.Get(name) == "" {
			t.Error(name, "is missing")
		}
	}
	start := make([]byte, 64<<10) // comes at once, and goes on as the camera does
	if _, err := io.ReadFull(response.Body, start); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "start.mp4")
	if err := os.WriteFile(path, start, 0o600); err != nil {
		t.Fatal(err)
	}
	if boxes := mp4test.Boxes(t, path); boxes[0] != "ftyp" || boxes[1] != "moov" || boxes[2] != "moof" {
		t.Error(boxes)
	}
}
