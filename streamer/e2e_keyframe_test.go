package main

import (
	"net/http"
	"testing"
	"time"

	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/shmtest"
)

// filmWithoutKeyframes writes a frame each 10 ms until the test ends. It has done so for three seconds, it says.
func filmWithoutKeyframes(t *testing.T, name string) {
	writer := shmtest.New(t, name)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		began := shm.Now() - 3e9
		for n := uint64(0); ; n++ {
			unit := shmtest.Frame(n, false, 3000)
			unit.CaptureNS = began
			began = shm.Now()
			writer.Publish(unit)
			select {
			case <-time.After(10 * time.Millisecond):
			case <-stop:
				return
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-stopped })
}

func TestPicturesWithoutAKeyframeAreSaidToAllWhoAsk(t *testing.T) {
	c := settings(t)
	url := begin(t, c)
	filmWithoutKeyframes(t, c.Camera.Stream)
	eventually(t, "the camera sends no keyframe", func() bool {
		_, answer := call(t, "GET", url+"/health", nil)
		camera := answer["camera"].(map[string]any)
		return camera["state"] == "no keyframe" && camera["keyframe_age_ms"] == -1.0
	})
	for path, body := range map[string]any{
		"/start": nil, "/api/webrtc/offer": map[string]string{"type": "offer", "sdp": "v=0"},
	} {
		status, answer := call(t, "POST", url+path, body)
		if status != http.StatusServiceUnavailable || answer["error"] != "No video" || answer["reason"] != "No keyframe" {
			t.Errorf("%s: got %d, %v", path, status, answer)
		}
	}
}
