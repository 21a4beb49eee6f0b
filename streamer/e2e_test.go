package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"petcam/streamer/internal/config"
	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/rtc/rtctest"
	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/shmtest"
)

// settings are those of a service on free ports, with a segment and a directory of its own.
func settings(t *testing.T) config.Config {
	t.Helper()
	c := config.Default()
	c.Streamer.Host, c.Streamer.Port, c.WebRTC.UDPPort = "127.0.0.1", 0, 0
	c.Camera.Stream, c.Camera.Detections = shmtest.Name(t), shmtest.Name(t)
	c.Recording.Directory = t.TempDir()
	c.Recording.MinFreeBytes = 1 << 20
	return c
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// begin runs a service that asks for no login until the test ends, and gives its URL.
func begin(t *testing.T, c config.Config) string {
	t.Helper()
	return beginWith(t, c, access{})
}

func beginWith(t *testing.T, c config.Config, access access) string {
	t.Helper()
	return beginLogging(t, c, access, quiet())
}

func beginLogging(t *testing.T, c config.Config, access access, log *slog.Logger) string {
	t.Helper()
	s, err := Open(c, access, log)
	if err != nil {
		t.Fatal(err)
	}
	return runUntilEnd(t, s)
}

// runUntilEnd runs a service that is open until the test ends, and gives its address.
func runUntilEnd(t *testing.T, s *Service) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		s.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return "http://" + s.Address().String()
}

// film writes a frame each 10 ms, every tenth a keyframe, until the test ends.
func film(t *testing.T, name string) { filmFrames(t, name, 3000) }

// filmFrames is film with frames of so many bytes. The longest time between two of them is given back: a busy machine
// films slowly.
func filmFrames(t *testing.T, name string, size int) (longestPause func() time.Duration) {
	t.Helper()
	writer := shmtest.New(t, name)
	stop, stopped := make(chan struct{}), make(chan struct{})
	var longest atomic.Int64
	go func() {
		defer close(stopped)
		for n, last := 0, time.Now(); ; n++ {
			writer.Publish(shmtest.Frame(uint64(n), n%10 == 0, size))
			longest.Store(max(longest.Load(), int64(time.Since(last))))
			last = time.Now()
			select {
			case <-time.After(10 * time.Millisecond):
			case <-stop:
				return
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-stopped })
	return func() time.Duration { return time.Duration(longest.Load()) }
}

// call sends a request and reads its JSON answer.
func call(t *testing.T, method, url string, body any) (status int, answer map[string]any) {
	t.Helper()
	var text io.Reader = http.NoBody
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		text = bytes.NewReader(encoded)
	}
	request, err := http.NewRequest(method, url, text)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, answer
}

func want(t *testing.T, method, url string, body any, status int) map[string]any {
	t.Helper()
	got, answer := call(t, method, url, body)
	if got != status {
		t.Fatalf("%s %s: %d instead of %d: %v", method, url, got, status, answer)
	}
	return answer
}

// watch connects a viewer by an offer over HTTP.
func watch(t *testing.T, url string) *rtctest.Viewer {
	t.Helper()
	v := rtctest.New(t)
	answer := want(t, "POST", url+"/api/webrtc/offer", map[string]string{"type": "offer", "sdp": v.Offer()}, 200)
	v.Accept(answer["sdp"].(string))
	return v
}

// eventually waits for what has no event of its own.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: still not so", what)
		}
	}
}

func TestViewerSeesWhatTheCameraWrites(t *testing.T) {
	c := settings(t)
	writer := shmtest.New(t, c.Camera.Stream)
	url := begin(t, c)
	captured := shm.Now()
	publish := func(n uint64) h264.AccessUnit {
		unit := shmtest.Frame(n, n%10 == 0, 5000)
		unit.CaptureNS = captured + n*33_333_333
		writer.Publish(unit)
		return unit
	}
	expect := func(v *rtctest.Viewer, want h264.AccessUnit) {
		t.Helper()
		got := v.Frame()
		if got.Timestamp != h264.RTPTimestamp(want.CaptureNS) || !bytes.Equal(got.Data, want.Data) {
			t.Fatalf("frame %d: timestamp %d, %d bytes; want %d, %d", want.FrameNumber, got.Timestamp, len(got.Data),
				h264.RTPTimestamp(want.CaptureNS), len(want.Data))
		}
	}
	var group []h264.AccessUnit
	for n := range uint64(5) {
		group = append(group, publish(n))
	}
	eventually(t, "the streamer has them", func() bool {
		return strings.Contains(text(t, url+"/metrics"), "petcam_frames_total 5\n")
	})
	v := watch(t, url)
	for _, unit := range group {
		expect(v, unit)
	}
	for n := range uint64(30) {
		expect(v, publish(5+n))
	}
	health := want(t, "GET", url+"/health", nil, 200)
	if health["webrtc_clients"] != 1.0 || health["camera"].(map[string]any)["state"] != "live" {
		t.Fatal(health)
	}
}

func text(t *testing.T, url string) string {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestVideoContinuesAfterTheCameraDaemonRestarts(t *testing.T) {
	c := settings(t)
	first := shmtest.New(t, c.Camera.Stream)
	url := begin(t, c)
	first.Publish(shmtest.Frame(0, true, 100))
	v := watch(t, url)
	v.Frame()
	first.Kill()
	second := shmtest.New(t, c.Camera.Stream)
	again := shmtest.Frame(7, true, 200)
	second.Publish(again)
	if got := v.Frame(); !bytes.Equal(got.Data, again.Data) {
		t.Fatalf("got %d bytes", len(got.Data))
	}
}

func TestErrorsAreAnsweredAsDocumented(t *testing.T) {
	url := begin(t, settings(t))
	offer := func(sdp any) map[string]any { return map[string]any{"type": "offer", "sdp": sdp} }
	for _, c := range []struct {
		method, path string
		body         any
		status       int
		code         string
	}{
		{"POST", "/start", nil, 503, "No video"},
		{"POST", "/start", map[string]any{"filename": "../x"}, 400, "Bad request"},
		{"POST", "/start", map[string]any{"filename": 5}, 400, "Bad request"},
		{"POST", "/stop", nil, 409, "Not recording"},
		{"POST", "/api/webrtc/offer", offer("hello"), 400, "Bad offer"},
		{"POST", "/api/webrtc/offer", offer(5), 400, "Bad request"},
		{"POST", "/api/webrtc/offer", offer(strings.Repeat("a", 1<<17)), 413, "Too large"},
		{"GET", "/api/webrtc/offer", nil, 405, "Method not allowed"},
		{"GET", "/nothing", nil, 404, "Not found"},
	} {
		if got := want(t, c.method, url+c.path, c.body, c.status); got["error"] != c.code || got["message"] == "" {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestCloseLeaksNothing(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("service", func(t *testing.T) {
		c := settings(t)
		c.Recording.Mode = "always"
		film(t, c.Camera.Stream)
		url := begin(t, c)
		watch(t, url).Frame()
		want(t, "POST", url+"/start", nil, 200)
		want(t, "POST", url+"/keep", nil, 200)
	})
	eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= before })
}

func TestStatusForSystemdIsInWords(t *testing.T) {
	for text, words := range map[string]string{
		`{"webrtc_clients":3,"recording":true,"camera":{"state":"live"}}`:     "3 viewers, recording",
		`{"webrtc_clients":1,"recording":false,"camera":{"state":"live"}}`:    "1 viewer",
		`{"webrtc_clients":0,"recording":false,"camera":{"state":"waiting"}}`: "0 viewers, camera waiting",
		`{"webrtc_clients":1,"recording":true,"by_itself":{"recording":true,"kind":"visit"},"camera":{"state":"live"}}`: "1 viewer, " +
			"recording, recording a visit",
		`{"webrtc_clients":0,"by_itself":{"recording":true,"kind":"always"},"camera":{"state":"live"}}`: "0 viewers, recording always",
		`{"webrtc_clients":0,"by_itself":{"recording":false,"kind":"visit"},"camera":{"state":"live"}}`: "0 viewers",
		`{"webrtc_clients":0,"by_itself":{"reason":"Disk full","kind":"visit"},"camera":{"state":"silent"}}`: "0 viewers, " +
			"not recording by itself: Disk full, camera silent",
		`{"webrtc_clients":0,"recording_reason":"Disk not mounted","by_itself":{"reason":"Disk not mounted"},"camera":{"state":"live"}}`: "0 " +
			"viewers, the disk of the recordings is not mounted",
		`{"webrtc_clients":1,"recording":false,"camera":{"state":"no keyframe"}}`: "1 viewer, the camera sends no keyframe: " +
			"lower its keyframe interval",
	} {
		var h health
		if err := json.Unmarshal([]byte(text), &h); err != nil || h.words() != words {
			t.Errorf("%s: %q", text, h.words())
		}
	}
}
