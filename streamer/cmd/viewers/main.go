// Command viewers watches a streamer as many WebRTC viewers at once and says what they got.
// It is a measuring tool for `make bench` and `make soak`; it is not part of the package.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"sort"
	"sync"
	"time"
)

func main() {
	var to server
	flag.StringVar(&to.url, "url", "http://127.0.0.1:8081/api/webrtc/offer", "where the offers go")
	flag.StringVar(&to.token, "token", "", "what the page got for one offer, where the camera has a password")
	flag.BoolVar(&to.whep, "whep", false, "offer and answer are bare SDP")
	flag.BoolVar(&to.sound, "sound", false, "they listen too, half a second after their first picture (not with -whep)")
	count := flag.Int("n", 1, "viewers")
	span := flag.Duration("for", 10*time.Second, "how long they watch")
	follow := flag.Bool("follow", false, "one viewer that never gives up and tells of each keyframe in a line: stamp and arrival")
	flag.Parse()
	if *follow {
		keepWatching(to)
	}
	report, err := watch(to, *count, *span)
	if err != nil {
		fmt.Fprintln(os.Stderr, "viewers:", err)
		os.Exit(1)
	}
	_ = json.NewEncoder(os.Stdout).Encode(report)
}

// Report sums up what all viewers saw; times are in milliseconds.
type Report struct {
	Viewers     int     `json:"viewers"`
	Frames      int     `json:"frames"`
	Broken      int     `json:"broken_frames"` // for which a packet was still missing 200 ms later
	LostPackets int     `json:"lost_packets"`
	Keyframe    Summary `json:"offer_to_keyframe_ms"`
	Latency     Summary `json:"publish_to_last_packet_ms"`
	Gap         Summary `json:"between_frames_ms"`
	Sounds      int     `json:"sound_packets"`
	FirstSound  Summary `json:"request_to_sound_ms"`
}

// Summary of a set of figures.
type Summary struct {
	Median float64 `json:"median"`
	P99    float64 `json:"p99"`
	Max    float64 `json:"max"`
}

func summarise(values []float64) Summary {
	if len(values) == 0 {
		return Summary{}
	}
	sort.Float64s(values)
	at := func(q float64) float64 { return values[int(q*float64(len(values)-1))] }
	return Summary{Median: at(0.5), P99: at(0.99), Max: at(1)}
}

func watch(to server, count int, span time.Duration) (Report, error) {
	viewers := make([]*viewer, count)
	errs := make([]error, count)
	for i := range viewers {
		if viewers[i], errs[i] = newViewer(); errs[i] != nil {
			return Report{}, errs[i]
		}
	}
	var group sync.WaitGroup
	for i, v := range viewers {
		group.Add(1)
		go func() {
			defer group.Done()
			errs[i] = v.watch(to, time.After(span))
		}()
	}
	group.Wait()
	return sumUp(viewers), errors.Join(errs...)
}

func sumUp(viewers []*viewer) Report {
	report := Report{Viewers: len(viewers)}
	var keyframes, latencies, gaps, sounds []float64
	for _, v := range viewers {
		reception := v.reception
		reception.mu.Lock() // its reader may be in its last turn
		report.Frames += reception.frames
		report.Broken += reception.broken
		report.LostPackets += reception.lost
		if !reception.keyframe.IsZero() {
			keyframes = append(keyframes, milliseconds(reception.keyframe.Sub(v.offered)))
		}
		latencies, gaps = append(latencies, reception.latencies...), append(gaps, reception.gaps...)
		reception.mu.Unlock()
		packets, after := v.hearing.sumUp()
		report.Sounds += packets
		if packets > 0 {
			sounds = append(sounds, milliseconds(after))
		}
	}
	report.Keyframe, report.Latency, report.Gap = summarise(keyframes), summarise(latencies), summarise(gaps)
	report.FirstSound = summarise(sounds)
	return report
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
