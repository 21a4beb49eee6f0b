package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"petcam/streamer/internal/config"
	"petcam/streamer/internal/detections"
	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/rdkx5test"
	"petcam/streamer/internal/shm/shmtest"
)

// recordWith records until the file that grows has ten samples with a cat, found on a picture captured now each time.
func recordWith(t *testing.T, c config.Config, detect func(detections.Result)) (content []byte) {
	t.Helper()
	url := begin(t, c)
	eventually(t, "the camera is live", func() bool { return cameraState(t, url) == "live" })
	name := want(t, "POST", url+"/start", nil, 200)["filename"].(string)
	path := filepath.Join(c.Recording.Directory, name)
	eventually(t, "ten results are recorded", func() bool {
		detect(detections.Result{
			CaptureNS: shm.Now() - 20e6, Width: 640, Height: 480,
			Boxes: []detections.Box{{Class: "cat", Score: 0.5, X: 64, Y: 48, W: 320, H: 240}},
		})
		content, _ = os.ReadFile(path + ".part")
		return bytes.Count(content, []byte(`mdat[["cat",0.50,128,72,640,360]]`)) >= 10
	})
	want(t, "POST", url+"/stop", nil, 200)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func TestARecordingHasTheBoxesOfADetector(t *testing.T) {
	c := settings(t)
	film(t, c.Camera.Stream)
	detector := shmtest.NewDetector(t, c.Camera.Detections)
	content := recordWith(t, c, func(result detections.Result) { detector.Publish(result) })
	if !bytes.Contains(content, []byte("mett")) {
		t.Error("there is no track of boxes")
	}
}

func TestARecordingHasTheBoxesOfADaemonOfAnRDKX5(t *testing.T) {
	for name, second := range map[string]bool{"first generation": false, "second": true} {
		t.Run(name, func(t *testing.T) {
			c := onBoard(t)
			filmRing(t, rdkx5test.New(t, c.Camera.Stream))
			detector := rdkx5test.NewDetector(t, c.Camera.Detections, second)
			recordWith(t, c, func(result detections.Result) { detector.Write(t, result) })
		})
	}
}

func TestADetectorThatIsTruncatedWhileItIsRecordedEndsNothing(t *testing.T) {
	c := settings(t)
	film(t, c.Camera.Stream)
	detector := shmtest.NewDetector(t, c.Camera.Detections)
	results := 0
	recordWith(t, c, func(result detections.Result) {
		if results++; results%7 == 0 { // and another comes in its place
			detector.Truncate(int64(results * 100))
			detector.Leave()
			detector = shmtest.NewDetector(t, c.Camera.Detections)
		}
		detector.Publish(result)
	})
}
