package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"

	"petcam/streamer/internal/config"
	"petcam/streamer/internal/rtc/rtctest"
	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/shmtest"
	"petcam/streamer/internal/sound"
)

// audible are the settings of a camera with a microphone, and the path of the owner's switch.
func audible(t *testing.T) (c config.Config, ownersSwitch string) {
	t.Helper()
	c = settings(t)
	directory := t.TempDir()
	t.Setenv("PETCAM_VIEWING_TOKENS", filepath.Join(directory, "viewing_tokens.json"))
	c.Camera.Microphone, c.Camera.Audio = "default", shmtest.Name(t)
	film(t, c.Camera.Stream)
	return c, filepath.Join(directory, "sound.json")
}

// speaker is a microphone that has something to say, or falls silent.
type speaker struct {
	microphone *shmtest.Microphone
	mu         sync.Mutex // guards silent
	silent     bool
}

// speak writes a packet each 20 ms until the test ends.
func speak(t *testing.T, name string) *speaker {
	t.Helper()
	s := &speaker{microphone: shmtest.NewMicrophone(t, name)}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for number := uint64(0); ; number++ {
			packet := shmtest.Sound(number, 80)
			packet.CaptureNS = shm.Now()
			s.mu.Lock()
			if !s.silent {
				s.microphone.Publish(packet)
			}
			s.mu.Unlock()
			select {
			case <-time.After(time.Duration(sound.PacketNS)):
			case <-stop:
				return
			}
		}
	}()
	t.Cleanup(func() { close(stop); <-stopped })
	return s
}

func (s *speaker) hush(silent bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.silent = silent
}

// attend connects a page's viewer that could hear, and gives its id.
func attend(t *testing.T, url string, options ...rtctest.Option) (v *rtctest.Viewer, id string) {
	t.Helper()
	v = rtctest.New(t, options...)
	answer := want(t, "POST", url+"/api/webrtc/offer", map[string]string{"type": "offer", "sdp": v.Offer()}, 200)
	v.Accept(answer["sdp"].(string))
	v.Connected()
	return v, answer["id"].(string)
}

func wish(id string, on bool) map[string]any { return map[string]any{"id": id, "on": on} }

// soundAfter waits for a packet that was captured after this moment.
func soundAfter(t *testing.T, v *rtctest.Viewer, captureNS uint64) *rtp.Packet {
	t.Helper()
	for {
		packet := v.Sound()
		if int32(packet.Timestamp-uint32(captureNS/1000*48/1000)) > 0 {
			return packet
		}
	}
}

// hush waits until nothing is heard any more, for as long as many packets take.
func hush(t *testing.T, v *rtctest.Viewer) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); v.SoundWithin(300*time.Millisecond) != nil; {
		if time.Now().After(deadline) {
			t.Fatal("it can still be heard")
		}
	}
}

func TestAPageHearsWhatTheMicrophoneWrites(t *testing.T) {
	c, _ := audible(t)
	speak(t, c.Camera.Audio)
	url := begin(t, c)
	v, id := attend(t, url, rtctest.WithSound)
	v.Frame()
	if packet := v.SoundWithin(200 * time.Millisecond); packet != nil {
		t.Fatal("sound comes unasked")
	}
	asked := shm.Now()
	want(t, "POST", url+"/api/webrtc/sound", wish(id, true), 200)
	packet := soundAfter(t, v, asked)
	if samples := sound.Samples(packet.Payload); samples != sound.PacketSamples && samples != 2*sound.PacketSamples {
		t.Errorf("got %v", packet)
	}
	v.Frame()
	if health := want(t, "GET", url+"/health", nil, 200); health["webrtc_listeners"] != 1.0 {
		t.Error(health)
	}
	if metrics := text(t, url+"/metrics"); !strings.Contains(metrics, "petcam_listeners 1\n") || strings.Contains(metrics, "petcam_sound_packets_total 0\n") {
		t.Error(metrics)
	}
	want(t, "POST", url+"/api/webrtc/sound", wish(id, false), 200)
	hush(t, v)
	want(t, "POST", url+"/api/webrtc/sound", wish("another", true), 404)
}

func TestListenersHearAgainOnceTheSegmentIsThere(t *testing.T) {
	c, _ := audible(t)
	url := begin(t, c)
	v, id := attend(t, url, rtctest.WithSound)
	want(t, "POST", url+"/api/webrtc/sound", wish(id, true), 200)
	v.Frame()
	speaks := speak(t, c.Camera.Audio)
	v.Sound()
	if err := os.Remove(shm.Directory + c.Camera.Audio); err != nil {
		t.Fatal(err)
	}
	speaks.hush(true)
	hush(t, v)
	v.Frame()
	speaks.microphone.Replace(t)
	again := shm.Now()
	speaks.hush(false)
	soundAfter(t, v, again)
}

func TestNobodyHearsWhatTheOwnerHasEndedWhateverTheSegmentHas(t *testing.T) {
	c, path := audible(t)
	speak(t, c.Camera.Audio)
	url := begin(t, c)
	v, id := attend(t, url, rtctest.WithSound)
	want(t, "POST", url+"/api/webrtc/sound", wish(id, true), 200)
	last := v.Sound()
	turn := func(on string) {
		t.Helper()
		text := `{"version": 1, "on": ` + on + `, "since": "2026-11-28T01:00:00Z", "by": "owner"}`
		if err := os.WriteFile(path+".new", []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	turn("false")
	hush(t, v)
	v.Frame()
	again := shm.Now()
	turn("true")
	if packet := soundAfter(t, v, again); packet.SSRC != last.SSRC {
		t.Error("it is another stream")
	}
}

func TestAProgramTakesBothTracksByWHEPAlsoWhileNothingIsHeard(t *testing.T) {
	c, _ := audible(t)
	url := begin(t, c)
	v := rtctest.New(t, rtctest.WithSound)
	answer, sdp := whep(t, "POST", url+"/whep", "", v.Offer())
	if answer.StatusCode != 201 {
		t.Fatal(answer.Status, sdp)
	}
	v.Accept(sdp)
	v.Frame()
	if packet := v.Sound(); !bytes.Equal(packet.Payload, sound.Silence) {
		t.Errorf("%q is heard", packet.Payload)
	}
	began := shm.Now()
	speak(t, c.Camera.Audio)
	soundAfter(t, v, began)
}

func TestWithoutAMicrophoneOffersAreAnsweredWithoutSound(t *testing.T) {
	c, _ := audible(t)
	c.Camera.Microphone = ""
	speak(t, c.Camera.Audio)
	url := begin(t, c)
	v, id := attend(t, url, rtctest.WithAudioFirst)
	v.Frame()
	if got := want(t, "POST", url+"/api/webrtc/sound", wish(id, true), 422); got["error"] != "Not possible here" {
		t.Error(got)
	}
	offer := map[string]string{"type": "offer", "sdp": rtctest.New(t, rtctest.SoundOnly).Offer()}
	want(t, "POST", url+"/api/webrtc/offer", offer, 400)
}

func TestCloseLeaksNothingOfListeners(t *testing.T) {
	before, files := runtime.NumGoroutine(), shmtest.OpenFiles(t)
	t.Run("service", func(t *testing.T) {
		c, _ := audible(t)
		speak(t, c.Camera.Audio)
		url := begin(t, c)
		for range 2 {
			v, id := attend(t, url, rtctest.WithSound)
			want(t, "POST", url+"/api/webrtc/sound", wish(id, true), 200)
			v.Sound()
		}
	})
	eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= before })
	eventually(t, "no file is left open", func() bool { return shmtest.OpenFiles(t) <= files })
}
