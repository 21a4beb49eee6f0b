package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

func TestRecordingIsStartedAndStoppedOverHTTP(t *testing.T) {
	c := settings(t)
	film(t, c.Camera.Stream)
	url := begin(t, c)
	eventually(t, "the camera is live", func() bool {
		return want(t, "GET", url+"/health", nil, 200)["camera"].(map[string]any)["state"] == "live"
	})
	started := want(t, "POST", url+"/start", map[string]string{"filename": "cat"}, 200)
	if want(t, "POST", url+"/start", nil, 409)["error"] != "Already recording" {
		t.Error("a second recording was begun")
	}
	eventually(t, "frames are recorded", func() bool {
		return want(t, "GET", url+"/status", nil, 200)["frame_count"].(float64) > 20
	})
	stopped := want(t, "POST", url+"/stop", nil, 200)
	if stopped["filename"] != started["filename"] || stopped["frame_count"].(float64) <= 20 {
		t.Error(started, stopped)
	}
	file, err := os.Stat(filepath.Join(c.Recording.Directory, stopped["filename"].(string)))
	if err != nil || float64(file.Size()) != stopped["bytes_written"] {
		t.Error(file, err, stopped)
	}
	if want(t, "POST", url+"/stop", nil, 409)["error"] != "Not recording" {
		t.Error("it was stopped twice")
	}
}

func TestOnlyOneOfTenConcurrentStartsOverHTTPSucceeds(t *testing.T) {
	c := settings(t)
	film(t, c.Camera.Stream)
	url := begin(t, c)
	statuses := make([]int, 10)
	var all sync.WaitGroup
	for i := range statuses {
		all.Add(1)
		go func() {
			defer all.Done()
			statuses[i], _ = call(t, "POST", url+"/start", nil)
		}()
	}
	all.Wait()
	slices.Sort(statuses)
	if !slices.Equal(statuses, []int{200, 409, 409, 409, 409, 409, 409, 409, 409, 409}) {
		t.Error(statuses)
	}
}

// fullDisk mounts a disk of 64 MB and fills it but for so many bytes; free empties it again.
func fullDisk(t *testing.T, leave int) (dir string, free func()) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "disk")
	if err := os.Mkdir(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("petcam-test", dir, "tmpfs", 0, "size=64m"); err != nil {
		t.Skipf("needs root, to mount a small disk: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	others := filepath.Join(dir, "others")
	if err := os.WriteFile(others, make([]byte, 64<<20-leave), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir, func() { _ = os.Remove(others) }
}

func TestAFullDiskEndsTheRecordingWithoutAffectingViewers(t *testing.T) {
	c := settings(t)
	dir, free := fullDisk(t, 9<<20) // a megabyte above what must stay free
	c.Recording.Directory = dir
	longestPause := filmFrames(t, c.Camera.Stream, 12000)
	url := begin(t, c)
	v := watch(t, url)
	last := v.Packet().Timestamp
	want(t, "POST", url+"/start", nil, 200)
	longestGap, recording := uint32(0), true
	for frames := 0; recording || frames < 100; {
		packet := v.Packet() // not whole frames: a busy machine's kernel drops a packet here and there
		longestGap, last = max(longestGap, packet.Timestamp-last), packet.Timestamp
		if !packet.Marker {
			continue
		}
		if frames++; frames%50 == 0 {
			recording = want(t, "GET", url+"/status", nil, 200)["recording"].(bool)
		}
	}
	status, health := want(t, "GET", url+"/status", nil, 200), want(t, "GET", url+"/health", nil, 200)
	missed := longestGap > uint32(90*(longestPause().Milliseconds()+500)) // a picture comes each hundredth of a second
	if missed || status["reason"] != "Space low" || health["recording_reason"] != "Space low" || health["recording_error"] == "" {
		t.Error(longestGap, longestPause(), status, health)
	}
	if !strings.Contains(text(t, url+"/metrics"), "petcam_recording_trouble 1\n") {
		t.Error("the metrics say nothing")
	}
	name := filepath.Join(dir, status["filename"].(string))
	if file, err := os.Stat(name); err != nil || float64(file.Size()) != status["bytes_written"] {
		t.Error(file, err, status)
	}
	if answer := want(t, "POST", url+"/start", nil, 200); answer["filename"] == "" { // its oldest, the first one, goes
		t.Error(answer)
	}
	free()
	want(t, "POST", url+"/stop", nil, 200)
	if status := want(t, "GET", url+"/status", nil, 200); status["error"] != "" {
		t.Error(status)
	}
}
