package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// keptIn gives the names in the directory of recordings.
func keptIn(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return strings.Join(names, " ")
}

func itself(t *testing.T, url, path string) map[string]any {
	t.Helper()
	return want(t, "GET", url+path, nil, 200)["by_itself"].(map[string]any)
}

func TestAVisitIsRecordedByALeaseOverHTTPBesideARecordingByHand(t *testing.T) {
	c := settings(t)
	c.Recording.Mode, c.Recording.PostRollSeconds = "visits", 0
	film(t, c.Camera.Stream)
	url := begin(t, c)
	eventually(t, "the camera is live", func() bool {
		return want(t, "GET", url+"/health", nil, 200)["camera"].(map[string]any)["state"] == "live"
	})
	hand := want(t, "POST", url+"/start", nil, 200)
	leased := want(t, "POST", url+"/keep", map[string]any{"seconds": 1, "pre_roll": 0}, 200)
	name := leased["filename"].(string)
	if !strings.HasSuffix(name, "~visit.mp4") || leased["recording"] != true || leased["first_ns"].(float64) <= 0 {
		t.Error(leased)
	}
	for _, path := range []string{"/status", "/health"} {
		if by := itself(t, url, path); by["recording"] != true || by["filename"] != name || by["kind"] != "visit" {
			t.Error(path, by)
		}
	}
	if status := want(t, "GET", url+"/status", nil, 200); status["filename"] != hand["filename"] {
		t.Error(status)
	}
	eventually(t, "the lease is over", func() bool { return itself(t, url, "/status")["recording"] == false })
	if status := want(t, "GET", url+"/status", nil, 200); status["recording"] != true {
		t.Error(status)
	}
	want(t, "POST", url+"/stop", nil, 200)
	if _, err := os.Stat(filepath.Join(c.Recording.Directory, name)); err != nil {
		t.Error(keptIn(t, c.Recording.Directory))
	}
}

func TestTheModeAlwaysRecordsWithoutBeingAskedAndEndsWithTheService(t *testing.T) {
	c := settings(t)
	c.Recording.Mode = "always"
	film(t, c.Camera.Stream)
	t.Run("service", func(t *testing.T) {
		url := begin(t, c)
		eventually(t, "it is recorded", func() bool {
			by := itself(t, url, "/status")
			return by["frame_count"].(float64) > 20 && by["kind"] == "always"
		})
		if status := want(t, "GET", url+"/status", nil, 200); status["recording"] != false || status["filename"] != "" {
			t.Error(status)
		}
	})
	if names := keptIn(t, c.Recording.Directory); !strings.HasSuffix(names, "~always.mp4") || strings.Contains(names, " ") {
		t.Error(names)
	}
}

func TestInTheModeManualALeaseIsRefused(t *testing.T) {
	url := begin(t, settings(t))
	if answer := want(t, "POST", url+"/keep", nil, 409); answer["error"] != "Not recorded" {
		t.Error(answer)
	}
	if status := want(t, "GET", url+"/status", nil, 200); status["by_itself"] != nil || status["recording_mode"] != "manual" {
		t.Error(status)
	}
}

// lockedLog is a log that is written and read at once.
type lockedLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lockedLog) count(words string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), words)
}

func TestAFullDiskEndsWhatIsRecordedByItselfAndCostsNoViewerAPicture(t *testing.T) {
	c := settings(t)
	dir, free := fullDisk(t, 9<<20) // a megabyte above what must stay free
	c.Recording.Directory, c.Recording.Mode = dir, "always"
	longestPause := filmFrames(t, c.Camera.Stream, 12000)
	log := &lockedLog{}
	url := beginLogging(t, c, access{}, slog.New(slog.NewTextHandler(log, nil)))
	v := watch(t, url)
	last := v.Packet().Timestamp
	longestGap := uint32(0)
	for frames, full := 0, false; !full || frames < 300; {
		packet := v.Packet()
		longestGap, last = max(longestGap, packet.Timestamp-last), packet.Timestamp
		if !packet.Marker {
			continue
		}
		if frames++; frames%50 == 0 {
			full = full || itself(t, url, "/status")["reason"] == "Space low"
		}
	}
	if longestGap > uint32(90*(longestPause().Milliseconds()+500)) {
		t.Error(longestGap, longestPause())
	}
	free()
	eventually(t, "it goes on", func() bool { return itself(t, url, "/health")["recording"] == true })
	if by := itself(t, url, "/status"); by["error"] != "" || by["reason"] != "" {
		t.Error(by)
	}
	if n := log.count("tried again and again"); n != 1 {
		t.Errorf("it was said %d times", n)
	}
}
