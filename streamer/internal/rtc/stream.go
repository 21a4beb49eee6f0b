package rtc

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"
	"golang.org/x/sys/unix"

	"petcam/streamer/internal/h264"
)

const (
	clockRate       = 90000
	playoutDelayURI = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
	reportEvery     = time.Second
	holdBackLine    = "a=x-petcam-hold-back"
	burst           = 25               // so many packets
	pause           = time.Millisecond // in this time: more at line rate lose their tail on Wi-Fi
)

// stream is the outgoing video of one viewer: it gives the shared packets the viewer's own SSRC, payload type and
// sequence numbers. It is the peer connection's webrtc.TrackLocal.
//
// Sequence numbers go on without a gap where the viewer is cut forward or begins the group again, as a gap would
// look like loss: a packet's sequence number is its number plus shift, and shift changes at each jump.
type stream struct {
	codec webrtc.RTPCodecParameters
	find  func(number uint64) *frame // one that is still kept, for repairs
	out   func(ssrc uint32)          // sends the packets that writer has taken

	// Set by Bind, before the connection is up; then only read.
	ssrc        uint32
	payloadType uint8
	playoutID   uint8 // of the playout-delay header extension; 0: the viewer has none
	holdsBack   bool  // the viewer may want pictures to wait for their boxes
	writer      webrtc.TrackLocalWriter

	cushion cushion

	// mu guards the numbering, which send changes and repair reads.
	mu    sync.Mutex
	shift uint16
	since uint64 // shift is for the packets from this number on
	next  uint64 // number of the packet that follows without a jump

	leaving sync.Mutex // held while packets leave: those of send and of repair, each in their order

	// Only send uses these.
	reported        time.Time
	burstBegan      time.Time
	packets, octets uint32

	// Only repair uses these.
	repairWindow time.Time
	repairs      int
}

func newStream(codec webrtc.RTPCodecParameters, find func(uint64) *frame, out func(ssrc uint32)) *stream {
	// A random start, as RFC 3550 wants; in the lower half, so that SRTP's count of roll-overs starts unambiguously.
	return &stream{codec: codec, find: find, out: out, shift: uint16(rand.N(1 << 15))}
}

// send writes a frame's packets; write errors mean that the viewer is gone, which ICE finds out.
func (s *stream) send(f *frame) (bytes int) {
	changed := s.cushion.step()
	header := s.header(f, changed || f.keyframe, s.packets == 0)
	header.SequenceNumber = s.sequence(f)
	for i, payload := range f.payloads {
		s.pace()
		header.Marker = i == len(f.payloads)-1
		n, _ := s.writer.WriteRTP(&header, payload)
		header.SequenceNumber++
		s.octets += uint32(len(payload))
		bytes += n
	}
	s.flush()
	return bytes
}

func (s *stream) flush() {
	s.leaving.Lock()
	defer s.leaving.Unlock()
	s.out(s.ssrc)
}

// pace counts a packet, and waits before it where too many have just been sent: a large keyframe, or the group that a
// viewer begins with.
func (s *stream) pace() {
	if s.packets%burst == 0 {
		if early := pause - time.Since(s.burstBegan); early > 0 {
			s.flush()
			time.Sleep(early)
		}
		s.burstBegan = time.Now()
	}
	s.packets++
}

// sequence gives the sequence number of a frame's first packet.
func (s *stream) sequence(f *frame) uint16 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f.number != s.next {
		s.shift += uint16(s.next - f.number)
		s.since = f.number
	}
	s.next = f.end()
	return uint16(f.number) + s.shift
}

// header is what the packets of a frame have in common; it may tell how long to hold pictures back.
func (s *stream) header(f *frame, tell, first bool) rtp.Header {
	header := rtp.Header{Version: 2, PayloadType: s.payloadType, SSRC: s.ssrc, Timestamp: f.timestamp}
	if tell && s.playoutID != 0 {
		_ = header.SetExtension(s.playoutID, s.playoutDelay(first))
	}
	return header
}

// playoutDelay is the time that pictures are held back at least, and at most, in 12 bits each.
//
// Chromium shows a picture the moment that it is decoded where both are 0, and then heeds no wish of the page
// (jitterBufferTarget). Under a maximum of up to 500 ms it does, and shows pictures with the screen's next refresh where
// there is none. The group of pictures that a viewer begins with is old, and never waits.
func (s *stream) playoutDelay(first bool) []byte {
	least, most := s.cushion.told.Load(), int64(0)
	if least > 0 || s.holdsBack && !first {
		most = playoutMost
	}
	return []byte{byte(least >> 4), byte(least<<4 | most>>8), byte(most)}
}

// report is the sender report that is due, or nil. It tells the viewer which moment of the wall clock an RTP timestamp is.
func (s *stream) report() []rtcp.Packet {
	now := time.Now()
	if now.Sub(s.reported) < reportEvery {
		return nil
	}
	s.reported = now
	return []rtcp.Packet{&rtcp.SenderReport{
		SSRC:        s.ssrc,
		NTPTime:     ntp(now),
		RTPTime:     h264.RTPTimestamp(monotonic()),
		PacketCount: s.packets,
		OctetCount:  s.octets,
	}}
}

// ntp is t in seconds since 1900, 32 bits after the point.
func ntp(t time.Time) uint64 {
	const from1900to1970 = 2208988800
	return uint64(t.Unix()+from1900to1970)<<32 | uint64(t.Nanosecond())<<32/1e9
}

// monotonic is the clock of the access units' capture times.
func monotonic() uint64 {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) // fails only for clocks that do not exist
	return uint64(now.Nano())
}

// Bind is called by the peer connection once the answer is made.
func (s *stream) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	if !slices.ContainsFunc(c.CodecParameters(), func(p webrtc.RTPCodecParameters) bool {
		return p.PayloadType == s.codec.PayloadType
	}) {
		return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
	}
	s.ssrc, s.writer = uint32(c.SSRC()), c.WriteStream()
	s.payloadType = uint8(s.codec.PayloadType)
	for _, extension := range c.HeaderExtensions() {
		if extension.URI == playoutDelayURI {
			s.playoutID = uint8(extension.ID)
		}
	}
	return s.codec, nil
}

// Unbind is called by the peer connection when it ends.
func (s *stream) Unbind(webrtc.TrackLocalContext) error { return nil }

// ID, RID, StreamID and Kind describe the track in the answer.
func (s *stream) ID() string                { return "video" }
func (s *stream) RID() string               { return "" }
func (s *stream) StreamID() string          { return "petcam" }
func (s *stream) Kind() webrtc.RTPCodecType { return webrtc.RTPCodecTypeVideo }
