package main

import (
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/shmtest"
)

func TestACameraOfAPictureEachFewSecondsIsLiveAndIsRecorded(t *testing.T) {
	const interval = 2500 * time.Millisecond
	c := settings(t)
	writer := shmtest.New(t, c.Camera.Stream)
	next := shm.Now() - uint64(5*interval+interval/10) // of pictures until shortly before now
	publish := func(pictures uint64) {
		for range pictures {
			unit := shmtest.Frame(0, true, 3000)
			unit.CaptureNS, unit.PublishNS = next, next
			writer.Publish(unit)
			next += uint64(interval)
		}
	}
	publish(5) // the newest of over 2 s ago
	url := begin(t, c)
	camera := func() map[string]any {
		_, answer := call(t, "GET", url+"/health", nil)
		return answer["camera"].(map[string]any)
	}
	eventually(t, "the camera's pace is known, and by that it is live", func() bool {
		got := camera()
		return got["silent_after_ms"] == 6250.0 && got["state"] == "live"
	})
	if status, answer := call(t, "POST", url+"/start", nil); status != http.StatusOK {
		t.Fatalf("got %d, %v", status, answer)
	}
	publish(1)
	eventually(t, "the next picture is recorded", func() bool {
		_, answer := call(t, "GET", url+"/status", nil)
		return answer["frame_count"].(float64) >= 2 && answer["dropped_frames"] == 0.0
	})
	if status, answer := call(t, "POST", url+"/stop", nil); status != http.StatusOK {
		t.Errorf("got %d, %v", status, answer)
	}
	files, err := filepath.Glob(filepath.Join(c.Recording.Directory, "*.mp4"))
	if err != nil || len(files) != 1 {
		t.Errorf("files are %v, %v; want one", files, err)
	}
}
