package main

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/shmtest"
	"petcam/streamer/internal/state"
)

// isOffUntil says how the page shows the switch: by whom it was turned last.
func (v *visitor) switchIs(on bool, by string) {
	v.t.Helper()
	eventually(v.t, fmt.Sprintf("on is %v, by %s", on, by), func() bool {
		now := v.object("GET", "/api/camera", "", 200)
		return now["on"] == on && now["by"] == by
	})
}

// putOff writes the file of a camera that was turned off then, in another boot, as petcam-web does.
func putOff(t *testing.T, by string, since time.Time, until string) {
	t.Helper()
	text := fmt.Sprintf(`{"version": 1, "on": false, "since": "%s", "by": "%s", "until": %s, "at_ns": %d}`,
		since.UTC().Format(time.RFC3339), by, until, shm.Now()+1e18)
	if err := os.WriteFile(filepath.Join(webState(), "camera.json"), []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
}

func putSchedule(t *testing.T, rows ...any) {
	t.Helper()
	text, err := state.Sealed(state.Fields{{Name: "recording_mode"}, {Name: "schedule", Value: rows}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(webState(), "settings.json.new"), text, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(webState(), "settings.json.new"), filepath.Join(webState(), "settings.json")); err != nil {
		t.Fatal(err)
	}
}

func TestTheOwnerTurnsTheCameraOffForAnHourOnThePageOfTheStreamer(t *testing.T) {
	c, site := withWebsite(t)
	film(t, c.Camera.Stream)
	url := beginWith(t, c, open(t, c))
	v := newVisitor(t, site)
	v.opened()
	v.logIn()
	viewer := v.watch()
	name := v.object("POST", "/api/recording/start", "{}", 200)["filename"].(string)

	said := v.object("PUT", "/api/camera", `{"on": false, "minutes": 60}`, 200)
	since, err := time.Parse(time.RFC3339, said["since"].(string))
	if until := since.Add(time.Hour).Format(time.RFC3339); err != nil || said["on"] != false || said["by"] != "owner" || said["until"] != until {
		t.Fatal(said, err)
	}
	text, err := os.ReadFile(filepath.Join(webState(), "camera.json"))
	if begin := `{"version": 1, "on": false, "since": "` + said["since"].(string); err != nil || !strings.HasPrefix(string(text), begin) {
		t.Fatalf("the file has %s", text)
	}
	for _, path := range []string{"/api/webrtc/offer", "/api/recording/start", "/api/recording/past"} {
		if answer := v.object("POST", path, "{}", 503); answer["error"] != "Camera off" { // at once
			t.Error(path, answer)
		}
	}
	viewer.Left()
	eventually(t, "the recording has ended", func() bool { return want(t, "GET", url+"/status", nil, 200)["recording"] == false })
	if _, err := os.Stat(filepath.Join(c.Recording.Directory, name)); err != nil {
		t.Error(err)
	}
	if health := v.object("GET", "/api/go/health", "", 200); health["camera_switch"].(map[string]any)["until"] != said["until"] {
		t.Error(health)
	}

	v.object("PUT", "/api/camera", `{"on": true}`, 200)
	eventually(t, "the camera is live again", func() bool { return cameraState(t, url) == "live" })
	v.watch().Frame()
}

func TestACameraWhoseTimeIsOverIsTurnedOnByWhoServesThePage(t *testing.T) {
	c, site := withWebsite(t)
	c.Web.Server = "python"
	film(t, c.Camera.Stream)
	putOff(t, "owner", time.Now().Add(-time.Hour), `"`+time.Now().Add(-time.Minute).UTC().Format(time.RFC3339)+`"`)
	url, reload := beginWebsite(t, c, quiet())
	for range 3 { // that is petcam-web's to do
		if state := cameraState(t, url); state == "live" {
			t.Fatal("it is on")
		}
		time.Sleep(time.Second / 2)
	}
	reload("web: {server: go}\n")
	v := newVisitor(t, site)
	v.opened()
	v.logIn()
	v.switchIs(true, "timer")
	eventually(t, "the camera is live", func() bool { return cameraState(t, url) == "live" })
}

func TestWhoServesThePageHeedsTheWeek(t *testing.T) {
	c, site := withWebsite(t)
	film(t, c.Camera.Stream)
	now := time.Now()
	clock := func(by time.Duration) string { return now.Add(by).Format("15:04") }
	days := []any{int64(0), int64(1), int64(2), int64(3), int64(4), int64(5), int64(6)}
	putSchedule(t, state.Fields{{Name: "days", Value: days}, {Name: "from", Value: clock(-time.Hour)}, {Name: "to", Value: clock(time.Hour)}})
	said := &logBuffer{}
	url, reload := beginWebsite(t, c, slog.New(slog.NewTextHandler(said, nil)))
	v := newVisitor(t, site)
	v.opened()
	v.logIn()
	v.switchIs(false, "schedule")
	v.object("PUT", "/api/camera", `{"on": true}`, 200)
	viewer := v.watch()

	reload("web: {server: python}\n")
	eventually(t, "the page is not served", func() bool { status, _ := v.ask("GET", "/healthz", ""); return status == 0 })
	reload("web: {server: go}\n")
	v.opened()
	for begin := time.Now(); time.Since(begin) < 2500*time.Millisecond; { // two looks of the timer
		viewer.Frame()
	}
	v.switchIs(true, "owner")

	putOff(t, "schedule", now.Add(-time.Minute), "null")
	eventually(t, "the camera is off", func() bool { return cameraState(t, url) == "off" })
	putSchedule(t)
	v.switchIs(true, "schedule")
}

func TestTheOwnerTurnsTheSoundOffOnThePageOfTheStreamer(t *testing.T) {
	c, site := withWebsite(t)
	c.Camera.Microphone, c.Camera.Audio = "default", shmtest.Name(t)
	film(t, c.Camera.Stream)
	hear := hearing(shmtest.NewMicrophone(t, c.Camera.Audio))
	beginWith(t, c, open(t, c))
	v := newVisitor(t, site)
	v.opened()
	v.logIn()
	eventually(t, "sound is heard", func() bool { hear(); return v.object("GET", "/api/sound", "", 200)["heard"] == true })
	if said := v.object("PUT", "/api/sound", `{"on": false}`, 200); said["on"] != false || said["heard"] != false || said["by"] != "owner" {
		t.Error(said)
	}
	sound := v.object("GET", "/api/go/health", "", 200)["sound"].(map[string]any)
	if sound["configured"] != true || sound["on"] != false || sound["heard"] != false {
		t.Error(sound)
	}
	v.object("PUT", "/api/sound", `{"on": true}`, 200)
	eventually(t, "sound is heard again", func() bool { hear(); return v.object("GET", "/api/sound", "", 200)["heard"] == true })
}

func TestADamagedSwitchIsOffAndSaidOnTheStreamersPage(t *testing.T) {
	c, site := withWebsite(t)
	film(t, c.Camera.Stream)
	file := filepath.Join(webState(), "camera.json")
	if err := os.WriteFile(file, []byte("{"), 0o640); err != nil {
		t.Fatal(err)
	}
	url := beginWith(t, c, open(t, c))
	v := newVisitor(t, site)
	v.opened()
	v.logIn()
	faults := v.object("GET", "/healthz", "", 200)["faults"].([]any)
	if len(faults) != 1 || !strings.Contains(faults[0].(string), file+" is damaged, so the camera is off") {
		t.Error(faults)
	}
	v.object("PUT", "/api/camera", `{"on": true}`, 200)
	eventually(t, "the camera is live", func() bool { return cameraState(t, url) == "live" })
}
