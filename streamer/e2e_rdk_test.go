package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"petcam/streamer/internal/config"
	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/shm/rdkx5test"
	"petcam/streamer/internal/shm/shmtest"
)

// onBoard are settings for the layout of an RDK X5 board's daemons.
func onBoard(t *testing.T) config.Config {
	c := settings(t)
	c.Camera.Layout = "rdk-x5"
	return c
}

// filmRing writes frames as a daemon of an RDK X5 board. A frame's size tells its number.
func filmRing(t *testing.T, ring *rdkx5test.Ring) {
	t.Helper()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			ring.Write(shmtest.Frame(ring.Written, ring.Written%10 == 0, 3000+4*int(ring.Written)))
			select {
			case <-time.After(15 * time.Millisecond):
			case <-stop:
				return
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-stopped })
}

func TestViewerSeesWhatADaemonOfAnRDKX5Writes(t *testing.T) {
	for name, early := range map[string]bool{"older": true, "newer": false} {
		t.Run(name, func(t *testing.T) {
			c := onBoard(t)
			ring := rdkx5test.New(t, c.Camera.Stream)
			ring.CountFirst = early
			url := begin(t, c)
			filmRing(t, ring)
			eventually(t, "the camera is live", func() bool { return cameraState(t, url) == "live" })
			v := watch(t, url)
			var last uint32
			for i := range 40 {
				got := v.Frame()
				want := shmtest.Frame(uint64((len(got.Data)-3000)/4), h264.IsKeyframe(got.Data), len(got.Data)-3).Data
				if string(got.Data) != string(want) {
					t.Fatalf("frame %d of %d bytes is torn", i, len(got.Data))
				}
				if i > 0 && int32(got.Timestamp-last) <= 0 {
					t.Fatalf("time stamp %d after %d", got.Timestamp, last)
				}
				last = got.Timestamp
			}
		})
	}
}

func TestADaemonOfAnRDKX5IsRecorded(t *testing.T) {
	c := onBoard(t)
	ring := rdkx5test.New(t, c.Camera.Stream)
	url := begin(t, c)
	filmRing(t, ring)
	eventually(t, "the camera is live", func() bool { return cameraState(t, url) == "live" })
	want(t, "POST", url+"/start", nil, 200)
	eventually(t, "frames are recorded", func() bool {
		return want(t, "GET", url+"/status", nil, 200)["frame_count"].(float64) > 40
	})
	stopped := want(t, "POST", url+"/stop", nil, 200)
	file, err := os.Stat(filepath.Join(c.Recording.Directory, stopped["filename"].(string)))
	if err != nil || float64(file.Size()) != stopped["bytes_written"] || stopped["frame_count"].(float64) <= 40 {
		t.Error(file, err, stopped)
	}
}

func TestHealthReportsASegmentOfAnotherLayout(t *testing.T) {
	c := onBoard(t)
	shmtest.New(t, c.Camera.Stream)
	url := begin(t, c)
	eventually(t, "the state is error", func() bool { return cameraState(t, url) == "error" })
}

func cameraState(t *testing.T, url string) any {
	t.Helper()
	return want(t, "GET", url+"/health", nil, 200)["camera"].(map[string]any)["state"]
}
