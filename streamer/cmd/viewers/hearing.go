package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

const (
	listenAfter = 500 * time.Millisecond // of its first picture a viewer asks for sound
	opusType    = 111                    // the payload type of Opus in pion's offers
)

// hearing is what one viewer has heard.
type hearing struct {
	mu      sync.Mutex // guards what follows
	asked   time.Time
	first   time.Time // when the first packet came
	packets int
}

func (h *hearing) take(at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.packets == 0 {
		h.first = at
	}
	h.packets++
}

// sumUp is how many packets came, and how long after the request the first did.
func (h *hearing) sumUp() (packets int, after time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.packets, h.first.Sub(h.asked)
}

// listen asks for sound once there are pictures.
func (v *viewer) listen(to server, id string) error {
	for v.reception.empty() {
		select {
		case <-v.ended:
			return nil
		case <-time.After(10 * time.Millisecond):
		}
	}
	time.Sleep(listenAfter)
	wish, err := json.Marshal(map[string]any{"id": id, "on": true})
	if err != nil {
		return err
	}
	v.hearing.mu.Lock()
	v.hearing.asked = time.Now()
	v.hearing.mu.Unlock()
	response, err := http.Post(strings.TrimSuffix(to.url, "offer")+"sound", "application/json", bytes.NewReader(wish))
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("sound: %s", response.Status)
	}
	return nil
}
