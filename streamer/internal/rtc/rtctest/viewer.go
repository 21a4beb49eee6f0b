// Package rtctest is a viewer for tests: a peer connection that receives video and sound and says what came.
package rtctest

import (
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/pion/webrtc/v4"
)

// timeout is how long a test waits for anything before it fails.
const timeout = 20 * time.Second

// Frame is one access unit as it was received.
type Frame struct {
	Timestamp uint32
	Data      []byte // Annex-B
	Packets   []*rtp.Packet
}

// Viewer is one viewer. Its interceptors are none: Frame asks for lost packets, Packet does not.
type Viewer struct {
	Asked int // packets that Frame and FrameWithin asked for

	t         testing.TB
	pc        *webrtc.PeerConnection
	socket    *lossySocket
	mux       *ice.UDPMuxDefault
	kinds     []webrtc.RTPCodecType // that it offers to receive
	packets   chan *rtp.Packet
	sound     chan *rtp.Packet
	reports   chan rtcp.Packet
	connected chan struct{}
	left      chan struct{}
	ended     chan struct{}

	// Of the test's own goroutine, which reads frames:
	order        order
	partial      Frame
	depacketizer codecs.H264Packet
}

// lossySocket is the viewer's socket, which can be cut off, and can lose incoming media.
type lossySocket struct {
	*net.UDPConn
	cut      atomic.Bool
	lossRate atomic.Uint64 // of 2³² RTP packets
	random   *rand.Rand    // only ReadFrom uses it
}

func (w *lossySocket) WriteTo(b []byte, to net.Addr) (int, error) {
	if w.cut.Load() {
		return len(b), nil
	}
	return w.UDPConn.WriteTo(b, to)
}

func (w *lossySocket) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := w.UDPConn.ReadFrom(b)
		if err != nil || !w.cut.Load() && !w.loses(b[:n]) {
			return n, from, err
		}
	}
}

// loses tells whether a packet is one of those that are lost.
func (w *lossySocket) loses(b []byte) bool {
	isRTP := len(b) > 1 && b[0]>>6 == 2 && (b[1] < 192 || b[1] > 223)
	return isRTP && uint64(w.random.Uint32()) < w.lossRate.Load()
}

// New makes a viewer that wants to receive video, unless options say otherwise. It is closed at the test's end.
func New(t testing.TB, options ...Option) *Viewer {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	check(t, err)
	v := &Viewer{t: t, socket: &lossySocket{UDPConn: conn, random: rand.New(rand.NewPCG(1, 1))}, packets: make(chan *rtp.Packet, 10000),
		sound: make(chan *rtp.Packet, 1000), kinds: []webrtc.RTPCodecType{webrtc.RTPCodecTypeVideo},
		reports: make(chan rtcp.Packet, 1000), connected: make(chan struct{}), left: make(chan struct{}), ended: make(chan struct{})}
	v.mux = ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: v.socket})
	v.pc, err = api(t, v.mux).NewPeerConnection(webrtc.Configuration{})
	check(t, err)
	t.Cleanup(v.Close)
	v.pc.OnTrack(func(track *webrtc.TrackRemote, receiver *webrtc.RTPReceiver) {
		go v.readReports(receiver)
		if track.Kind() == webrtc.RTPCodecTypeAudio {
			v.readPackets(track, v.sound)
			return
		}
		v.readPackets(track, v.packets)
	})
	connect := sync.OnceFunc(func() { close(v.connected) }) // a viewer that was cut off connects again
	leave := sync.OnceFunc(func() { close(v.left) })        // pion may say it twice, where both ends close at once
	v.pc.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		switch state {
		case webrtc.PeerConnectionStateConnected:
			connect()
		case webrtc.PeerConnectionStateClosed:
			leave()
		default:
		}
	})
	for _, option := range options {
		option(v)
	}
	for _, kind := range v.kinds {
		v.receive(kind)
	}
	return v
}

// Option changes what a viewer offers.
type Option func(*Viewer)

// WithAudioFirst makes a viewer offer to take sound too, before the video.
func WithAudioFirst(v *Viewer) {
	v.kinds = []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio, webrtc.RTPCodecTypeVideo}
}

// WithSound makes a viewer offer to take sound too, as petcam's page does.
func WithSound(v *Viewer) {
	v.kinds = []webrtc.RTPCodecType{webrtc.RTPCodecTypeVideo, webrtc.RTPCodecTypeAudio}
}

// SoundOnly makes a viewer offer to take sound, and no video.
func SoundOnly(v *Viewer) { v.kinds = []webrtc.RTPCodecType{webrtc.RTPCodecTypeAudio} }

func (v *Viewer) receive(kind webrtc.RTPCodecType) {
	v.t.Helper()
	_, err := v.pc.AddTransceiverFromKind(kind,
		webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly})
	check(v.t, err)
}

func api(t testing.TB, mux ice.UDPMux) *webrtc.API {
	engine := &webrtc.MediaEngine{}
	check(t, engine.RegisterDefaultCodecs())
	check(t, engine.RegisterHeaderExtension(webrtc.RTPHeaderExtensionCapability{
		URI: "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"}, webrtc.RTPCodecTypeVideo))
	var settings webrtc.SettingEngine
	settings.SetICEUDPMux(mux)
	settings.SetIncludeLoopbackCandidate(true)
	settings.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	settings.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	return webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithSettingEngine(settings),
		webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
}

// Offer makes the offer, with all candidates.
func (v *Viewer) Offer() string {
	v.t.Helper()
	offer, err := v.pc.CreateOffer(nil)
	check(v.t, err)
	gathered := webrtc.GatheringCompletePromise(v.pc)
	check(v.t, v.pc.SetLocalDescription(offer))
	v.wait(gathered, "the offer")
	return v.pc.LocalDescription().SDP
}

// Accept takes the answer; the connection comes up behind it.
func (v *Viewer) Accept(answer string) {
	v.t.Helper()
	check(v.t, v.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}))
}

// Connected waits for the connection.
func (v *Viewer) Connected() {
	v.t.Helper()
	v.wait(v.connected, "the connection")
}

// Left waits until the connection is closed, by the server or by Close.
func (v *Viewer) Left() {
	v.t.Helper()
	v.wait(v.left, "the end of the connection")
}

// Packet waits for the next RTP packet.
func (v *Viewer) Packet() *rtp.Packet {
	v.t.Helper()
	select {
	case packet := <-v.packets:
		return packet
	case <-time.After(timeout):
		v.t.Fatal("no RTP packet came")
		return nil
	}
}

// PacketWithin waits for the next RTP packet, but not longer than this; nil: none came.
func (v *Viewer) PacketWithin(limit time.Duration) *rtp.Packet {
	select {
	case packet := <-v.packets:
		return packet
	case <-time.After(limit):
		return nil
	}
}

// Sound waits for the next RTP packet of the sound.
func (v *Viewer) Sound() *rtp.Packet {
	v.t.Helper()
	packet := v.SoundWithin(timeout)
	if packet == nil {
		v.t.Fatal("no sound came")
	}
	return packet
}

// SoundWithin waits for the next RTP packet of the sound, but not longer than this; nil: none came.
func (v *Viewer) SoundWithin(limit time.Duration) *rtp.Packet {
	select {
	case packet := <-v.sound:
		return packet
	case <-time.After(limit):
		return nil
	}
}

// Frame waits for the next whole access unit. One that does not become whole fails the test.
func (v *Viewer) Frame() Frame {
	v.t.Helper()
	f, whole := v.FrameWithin(timeout)
	if !whole {
		v.t.Fatalf("no whole frame came; of the next one %d packets; missing are %v", len(f.Packets), v.order.missing())
	}
	return f
}

// FrameWithin waits for the next whole access unit, but not longer than this for each of its packets; false: it did
// not become whole, and goes on with the next call.
func (v *Viewer) FrameWithin(limit time.Duration) (Frame, bool) {
	v.t.Helper()
	f := &v.partial
	for {
		packet := v.nextInOrder(limit)
		if packet == nil {
			return *f, false
		}
		if n := len(f.Packets); n > 0 && packet.Timestamp != f.Timestamp {
			v.t.Fatalf("packet %v follows %v", packet.Header, f.Packets[n-1].Header)
		}
		data, err := v.depacketizer.Unmarshal(packet.Payload)
		check(v.t, err)
		f.Data = append(f.Data, data...)
		f.Packets = append(f.Packets, packet)
		f.Timestamp = packet.Timestamp
		if packet.Marker {
			whole := *f
			*f = Frame{}
			return whole, true
		}
	}
}

// Report waits for the next RTCP packet of the sender.
func (v *Viewer) Report() rtcp.Packet {
	v.t.Helper()
	select {
	case packet := <-v.reports:
		return packet
	case <-time.After(timeout):
		v.t.Fatal("no RTCP packet came")
		return nil
	}
}

// ReportWithin waits for the next RTCP packet of the sender, but not longer than this; nil: none came.
func (v *Viewer) ReportWithin(limit time.Duration) rtcp.Packet {
	select {
	case packet := <-v.reports:
		return packet
	case <-time.After(limit):
		return nil
	}
}

// Send sends RTCP to the server.
func (v *Viewer) Send(packets ...rtcp.Packet) {
	v.t.Helper()
	check(v.t, v.pc.WriteRTCP(packets))
}

// Cut takes the viewer off the network, in both directions, or puts it back.
func (v *Viewer) Cut(cut bool) { v.socket.cut.Store(cut) }

// Lose drops a fraction of the incoming RTP packets, chosen by random numbers that are the same in each run.
func (v *Viewer) Lose(fraction float64) { v.socket.lossRate.Store(uint64(fraction * (1 << 32))) }

// Close closes the connection, which the server notices, and ends the viewer.
func (v *Viewer) Close() {
	select {
	case <-v.ended:
		return
	default:
		close(v.ended)
	}
	check(v.t, v.pc.GracefulClose())
	check(v.t, v.mux.Close())
}

func (v *Viewer) readPackets(track *webrtc.TrackRemote, to chan<- *rtp.Packet) {
	for {
		packet, _, err := track.ReadRTP()
		if err != nil {
			return
		}
		select {
		case to <- packet:
		case <-v.ended:
			return
		}
	}
}

func (v *Viewer) readReports(receiver *webrtc.RTPReceiver) {
	for {
		packets, _, err := receiver.ReadRTCP()
		if err != nil {
			return
		}
		for _, packet := range packets {
			select {
			case v.reports <- packet:
			default: // nobody reads them
			}
		}
	}
}

func (v *Viewer) wait(event <-chan struct{}, what string) {
	v.t.Helper()
	select {
	case <-event:
	case <-time.After(timeout):
		v.t.Fatalf("%s did not come", what)
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
