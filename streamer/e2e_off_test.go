package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"petcam/streamer/internal/rtc/rtctest"
	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/shmtest"
)

// turn writes the camera's switch, as petcam-web does.
func turn(t *testing.T, file string, on bool) {
	t.Helper()
	text := fmt.Sprintf(`{"version":1,"on":%t,"since":"2026-11-28T01:00:00Z","by":"owner","until":null,"at_ns":%d}`, on, shm.Now())
	if err := os.WriteFile(file+".new", []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

func TestACameraThatIsTurnedOffShowsAndRecordsNothing(t *testing.T) {
	c := settings(t)
	state := t.TempDir()
	file := filepath.Join(state, "camera.json")
	t.Setenv("PETCAM_VIEWING_TOKENS", filepath.Join(state, "viewing_tokens.json"))
	c.Camera.Stream = shmtest.Name(t)
	film(t, c.Camera.Stream)
	url := begin(t, c)
	eventually(t, "the camera is live", func() bool { return cameraState(t, url) == "live" })
	viewer := watch(t, url)
	viewer.Frame()
	name := want(t, "POST", url+"/start", nil, 200)["filename"].(string)

	turn(t, file, false)
	eventually(t, "the camera is off", func() bool { return cameraState(t, url) == "off" })
	eventually(t, "the viewer's stream has ended", func() bool { return want(t, "GET", url+"/health", nil, 200)["webrtc_clients"] == 0.0 })
	eventually(t, "the recording has ended", func() bool { return want(t, "GET", url+"/status", nil, 200)["recording"] == false })
	if _, err := os.Stat(filepath.Join(c.Recording.Directory, name)); err != nil {
		t.Error("it is not finished:", err)
	}
	for path, method := range map[string]string{
		"/start": "POST", "/past": "POST", "/keep": "POST", "/past.mp4?from=5": "GET",
	} {
		if answer := want(t, method, url+path, nil, 503); answer["error"] != "Camera off" {
			t.Errorf("%s: %v", path, answer)
		}
	}
	offer := map[string]string{"type": "offer", "sdp": rtctest.New(t).Offer()}
	if answer := want(t, "POST", url+"/api/webrtc/offer", offer, 503); answer["error"] != "Camera off" {
		t.Error(answer)
	}

	turn(t, file, true)
	eventually(t, "the camera is live again", func() bool { return cameraState(t, url) == "live" })
	watch(t, url).Frame()
	eventually(t, "a recording begins", func() bool {
		status, _ := call(t, "POST", url+"/start", nil)
		return status == 200
	})
	want(t, "POST", url+"/stop", nil, 200)
}

func TestACameraThatWasOffBeforeTheStartStaysSo(t *testing.T) {
	c := settings(t)
	state := t.TempDir()
	t.Setenv("PETCAM_VIEWING_TOKENS", filepath.Join(state, "viewing_tokens.json"))
	c.Camera.Stream = shmtest.Name(t)
	film(t, c.Camera.Stream)
	turn(t, filepath.Join(state, "camera.json"), false)
	url := begin(t, c)
	for range 5 {
		if state := cameraState(t, url); state != "off" && state != "waiting" {
			t.Error("the camera is", state)
		}
		if answer := want(t, "POST", url+"/start", nil, 503); answer["error"] != "Camera off" {
			t.Error(answer)
		}
	}
}
