// Command viewers watches a streamer as many WebRTC viewers at once and says what they got.
// It is a measuring tool for `make bench` and `make soak`; it is not part of the package.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"sort"
	"sync"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"golang.org/x/sys/unix"
)

func main() {
	url := flag.String("url", "http://127.0.0.1:8081/api/webrtc/offer", "where the offers go")
	count := flag.Int("n", 1, "viewers")
	span := flag.Duration("for", 10*time.Second, "how long they watch")
	token := flag.String("token", "", "what the page got for one offer, where the camera has a password")
	flag.Parse()
	report, err := watch(door{*url, *token}, *count, *span)
	if err != nil {
		fmt.Fprintln(os.Stderr, "viewers:", err)
		os.Exit(1)
	}
	_ = json.NewEncoder(os.Stdout).Encode(report)
}

// door is where an offer goes, and what opens it.
type door struct{ url, token string }

// Report sums up what all viewers saw; times are in milliseconds.
type Report struct {
	Viewers     int     `json:"viewers"`
	Frames      int     `json:"frames"`
	LostPackets int     `json:"lost_packets"`
	Keyframe    Summary `json:"offer_to_keyframe_ms"`
	Latency     Summary `json:"capture_to_last_packet_ms"`
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

func watch(at door, count int, span time.Duration) (Report, error) {
	viewers := make([]*viewer, count)
	errs := make([]error, count)
	var group sync.WaitGroup
	for i := range viewers {
		viewers[i] = &viewer{}
		group.Add(1)
		go func() {
			defer group.Done()
			errs[i] = viewers[i].watch(at, span)
		}()
	}
	group.Wait()
	report := Report{Viewers: count}
	var keyframes, latencies []float64
	for _, v := range viewers {
		report.Frames += v.frames
		report.LostPackets += v.lost
		keyframes = append(keyframes, v.keyframe...)
		latencies = append(latencies, v.latencies...)
	}
	report.Keyframe, report.Latency = summarise(keyframes), summarise(latencies)
	return report, errors.Join(errs...)
}

// viewer is one peer connection. Its figures belong to the goroutine that reads the track
// until watch has closed the connection and waited for it.
type viewer struct {
	offered   time.Time
	keyframe  []float64 // offer to the first whole keyframe: one value, or none
	latencies []float64
	frames    int
	lost      int // packets that never came
	began     bool
	sequence  uint16
	sawIDR    bool
}

func (v *viewer) watch(at door, span time.Duration) error {
	peer, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return err
	}
	reading := make(chan struct{})
	peer.OnTrack(func(track *webrtc.TrackRemote, _ *webrtc.RTPReceiver) {
		defer close(reading)
		for {
			packet, _, err := track.ReadRTP()
			if err != nil {
				return
			}
			v.see(packet)
		}
	})
	v.offered = time.Now()
	if err := exchange(peer, at); err != nil {
		return errors.Join(err, peer.Close())
	}
	time.Sleep(span)
	err = peer.Close()
	select {
	case <-reading:
	case <-time.After(time.Second): // no track ever came
	}
	return err
}

func exchange(peer *webrtc.PeerConnection, at door) error {
	receive := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}
	if _, err := peer.AddTransceiverFromKind(webrtc.RTPCodecTypeVideo, receive); err != nil {
		return err
	}
	offer, err := peer.CreateOffer(nil)
	if err != nil {
		return err
	}
	if err := peer.SetLocalDescription(offer); err != nil {
		return err
	}
	body, err := json.Marshal(offer)
	if err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodPost, at.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	if at.token != "" {
		request.Header.Set("Authorization", "Bearer "+at.token)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("offer: %s", response.Status)
	}
	var answer webrtc.SessionDescription
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return err
	}
	return peer.SetRemoteDescription(answer)
}

// see counts one packet. The RTP timestamp is the capture time on this machine's own clock, so
// that the last packet of a frame gives the frame's whole delay (docs/shm-layout.md, "Time").
func (v *viewer) see(packet *rtp.Packet) {
	if !v.began {
		v.began, v.sequence = true, packet.SequenceNumber-1
	}
	if ahead := int16(packet.SequenceNumber - v.sequence); ahead > 0 {
		v.lost += int(ahead) - 1
		v.sequence = packet.SequenceNumber
	} else {
		v.lost-- // repaired, or only out of order
	}
	v.sawIDR = v.sawIDR || startsIDR(packet.Payload)
	if !packet.Marker {
		return
	}
	v.frames++
	if v.sawIDR && v.keyframe == nil {
		v.keyframe = []float64{float64(time.Since(v.offered).Microseconds()) / 1000}
	}
	if time.Since(v.offered) > 2*time.Second { // past the burst of older frames at joining
		v.latencies = append(v.latencies, float64(int32(now90kHz()-packet.Timestamp))/90)
	}
}

func startsIDR(payload []byte) bool {
	if len(payload) < 2 {
		return false
	}
	kind := payload[0] & 0x1f
	return kind == 5 || kind == 28 && payload[1]&0x1f == 5
}

func now90kHz() uint32 {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
	return uint32(uint64(now.Nano()) * 9 / 100000)
}
