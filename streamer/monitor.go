package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"petcam/streamer/internal/camera"
	"petcam/streamer/internal/record"
)

const (
	checkInterval = 2 * time.Second
	checkTimeout  = 2 * time.Second
)

// monitor sends GET /health to the service's own port. An answer proves that the socket and the locks of viewers,
// recorder and camera work, and it has the status for systemd.
type monitor struct {
	client     http.Client
	lastActive atomic.Pointer[time.Time] // with its monotonic reading, as the board's clock may jump
}

func newMonitor(address net.Addr) *monitor { return &monitor{client: clientOf(address)} }

// clientOf asks a port of this service's own.
func clientOf(address net.Addr) http.Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", address.String())
	}
	// Without keep-alive each check is a new connection, and so proves that those are still accepted.
	transport := &http.Transport{DialContext: dial, DisableKeepAlives: true}
	return http.Client{Transport: transport, Timeout: checkTimeout}
}

// run checks until ctx ends, and calls tell where the status has changed. A check that fails only leaves LastActive as
// it is, which the watchdog notices.
func (m *monitor) run(ctx context.Context, tell func(words string)) {
	ticker := time.NewTicker(checkInterval)
	defer ticker.Stop()
	told := ""
	for {
		if words, err := m.check(ctx); err == nil && words != told {
			tell(words)
			told = words
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// check asks once and returns the status in words.
func (m *monitor) check(ctx context.Context) (words string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://petcam-streamer/health", nil)
	if err != nil {
		return "", err
	}
	response, err := m.client.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	var h health
	if err := json.NewDecoder(response.Body).Decode(&h); err != nil {
		return "", err
	}
	now := time.Now()
	m.lastActive.Store(&now)
	return h.words(), nil
}

// LastActive is when the port last answered; the zero time before it did.
func (m *monitor) LastActive() time.Time {
	if last := m.lastActive.Load(); last != nil {
		return *last
	}
	return time.Time{}
}

// health is what the monitor reads of GET /health.
type health struct {
	Viewers   int    `json:"webrtc_clients"`
	Recording bool   `json:"recording"`
	Reason    string `json:"recording_reason"`
	ByItself  *struct {
		Recording bool   `json:"recording"`
		Kind      string `json:"kind"`
		Reason    string `json:"reason"`
	} `json:"by_itself"`
	Camera struct {
		State string `json:"state"`
	} `json:"camera"`
}

// byItself says what is recorded by itself, or why it is not.
func (h health) byItself() string {
	switch itself := h.ByItself; {
	case itself == nil, itself.Reason == record.DiskNotMounted:
		return ""
	case itself.Recording && itself.Kind == "visit":
		return ", recording a visit"
	case itself.Recording:
		return ", recording always"
	case itself.Reason != "":
		return ", not recording by itself: " + itself.Reason
	}
	return ""
}

func (h health) words() string {
	words := fmt.Sprintf("%d viewers", h.Viewers)
	if h.Viewers == 1 {
		words = "1 viewer"
	}
	if h.Recording {
		words += ", recording"
	}
	words += h.byItself()
	if h.Reason == record.DiskNotMounted {
		words += ", the disk of the recordings is not mounted"
	}
	switch h.Camera.State {
	case "live":
	case camera.NoKeyframe:
		words += ", the camera sends no keyframe: lower its keyframe interval"
	default:
		words += ", camera " + h.Camera.State
	}
	return words
}
