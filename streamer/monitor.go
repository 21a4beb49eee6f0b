package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

const (
	lookEvery   = 2 * time.Second
	lookTimeout = 2 * time.Second
)

// monitor asks the service's own port for its health, as anybody would: that proves the way from the socket through
// the locks of viewers, recorder and camera, and gives systemd the words for what the service does.
type monitor struct {
	client   http.Client
	lastTurn atomic.Pointer[time.Time] // with its monotonic reading, as the board's clock may jump
}

func newMonitor(address net.Addr) *monitor {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", address.String())
	}
	// Without keep-alive each look is a new connection, and so proves that those are still accepted.
	transport := &http.Transport{DialContext: dial, DisableKeepAlives: true}
	return &monitor{client: http.Client{Transport: transport, Timeout: lookTimeout}}
}

// run looks until ctx ends and tells what it sees where that is news. What fails is the watchdog's affair.
func (m *monitor) run(ctx context.Context, tell func(words string)) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	told := ""
	for {
		if words, err := m.look(ctx); err == nil && words != told {
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

// look asks once and gives the answer in words.
func (m *monitor) look(ctx context.Context) (words string, err error) {
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
	m.lastTurn.Store(&now)
	return h.words(), nil
}

// LastTurn is when the port last answered; the zero time before it did.
func (m *monitor) LastTurn() time.Time {
	if last := m.lastTurn.Load(); last != nil {
		return *last
	}
	return time.Time{}
}

// health is what the monitor reads of GET /health.
type health struct {
	Viewers   int  `json:"webrtc_clients"`
	Recording bool `json:"recording"`
	Camera    struct {
		State string `json:"state"`
	} `json:"camera"`
}

func (h health) words() string {
	words := fmt.Sprintf("%d viewers", h.Viewers)
	if h.Viewers == 1 {
		words = "1 viewer"
	}
	if h.Recording {
		words += ", recording"
	}
	if h.Camera.State != "live" {
		words += ", camera " + h.Camera.State
	}
	return words
}
