package rtc

import (
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"petcam/streamer/internal/h264"
)

const (
	clockRate        = 90000
	playoutDelayURI  = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
	delayAllowedLine = "a=x-petcam-hold-back" // petcam's own SDP attribute: the page may delay frames
	pacingBurst      = 25                     // packets in one pacingInterval: longer bursts at line rate lose packets on Wi-Fi
	pacingInterval   = time.Millisecond
)

// stream is the outgoing video of one viewer: it gives the shared packets the viewer's own SSRC, payload type and
// sequence numbers. It is the peer connection's webrtc.TrackLocal.
//
// Sequence numbers go on without a gap where frames are skipped for a slow viewer or the group of pictures is sent
// again, as a gap would look like loss: a packet's sequence number is its number plus shift, and shift changes at each
// such jump.
type stream struct {
	codec        webrtc.RTPCodecParameters
	findFrame    func(number uint64) *frame // one that is still kept, for retransmission
	flushPackets func(ssrc uint32)          // sends the packets that writer has batched

	// Set by Bind, before the connection is up; then only read.
	ssrc         uint32
	payloadType  uint8
	playoutID    uint8 // of the playout-delay header extension; 0: the viewer has none
	delayAllowed bool  // the page may delay frames until their detections arrive
	writer       webrtc.TrackLocalWriter

	delay playoutDelay

	// mu guards the numbering, which send changes and retransmit reads.
	mu    sync.Mutex
	shift uint16
	since uint64 // shift is for the packets from this number on
	next  uint64 // number of the packet that follows without a jump

	flushMu sync.Mutex // held while batches are sent, by send and by retransmit, so that each keeps its order

	burstStart time.Time // only send uses it

	packets, octets atomic.Uint32 // only send changes them

	// Only retransmit uses these.
	retransmitWindow time.Time
	retransmitted    int
}

func newStream(codec webrtc.RTPCodecParameters, findFrame func(uint64) *frame, flushPackets func(ssrc uint32)) *stream {
	// A random start, as RFC 3550 wants; in the lower half, so that SRTP's count of roll-overs starts unambiguously.
	return &stream{codec: codec, findFrame: findFrame, flushPackets: flushPackets, shift: uint16(rand.N(1 << 15))}
}

// send writes a frame's packets; write errors mean that the viewer is gone, which ICE finds out.
func (s *stream) send(f *frame) (bytes int) {
	changed := s.delay.step()
	header := s.header(f, changed || f.keyframe, s.packets.Load() == 0)
	header.SequenceNumber = s.sequence(f)
	for i, payload := range f.payloads {
		s.pace()
		header.Marker = i == len(f.payloads)-1
		n, _ := s.writer.WriteRTP(&header, payload)
		header.SequenceNumber++
		s.octets.Add(uint32(len(payload)))
		bytes += n
	}
	s.flush()
	return bytes
}

func (s *stream) flush() {
	s.flushMu.Lock()
	defer s.flushMu.Unlock()
	s.flushPackets(s.ssrc)
}

// pace counts a packet, and waits before it where a whole burst has just been sent: of a large keyframe, or of the group
// of pictures that a viewer begins with.
func (s *stream) pace() {
	if s.packets.Load()%pacingBurst == 0 {
		if early := pacingInterval - time.Since(s.burstStart); early > 0 {
			s.flush()
			time.Sleep(early)
		}
		s.burstStart = time.Now()
	}
	s.packets.Add(1)
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

// header is what the packets of a frame have in common, with the playout-delay extension where signalDelay says so.
func (s *stream) header(f *frame, signalDelay, first bool) rtp.Header {
	header := rtp.Header{Version: 2, PayloadType: s.payloadType, SSRC: s.ssrc, Timestamp: f.timestamp}
	if signalDelay && s.playoutID != 0 {
		_ = header.SetExtension(s.playoutID, s.playoutDelayExtension(first))
	}
	return header
}

// playoutDelayExtension is the minimum and the maximum playout delay, 12 bits each, in units of 10 ms.
//
// Chromium shows a frame the moment that it is decoded where both are 0, and then ignores the page's jitterBufferTarget.
// With a maximum of up to 500 ms it follows that target, and without one shows frames at the screen's next refresh. The
// group of pictures that a viewer begins with is in the past already, and is never delayed.
func (s *stream) playoutDelayExtension(first bool) []byte {
	minimum, maximum := s.delay.current.Load(), int64(0)
	if minimum > 0 || s.delayAllowed && !first {
		maximum = maxSignalledDelay
	}
	return []byte{byte(minimum >> 4), byte(minimum<<4 | maximum>>8), byte(maximum)}
}

// report maps the capture clock to the timestamps of the pictures.
func (s *stream) report(at moment) *rtcp.SenderReport {
	return &rtcp.SenderReport{
		SSRC:        s.ssrc,
		NTPTime:     at.ntp,
		RTPTime:     h264.RTPTimestamp(at.monotonic),
		PacketCount: s.packets.Load(),
		OctetCount:  s.octets.Load(),
	}
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
