package rtc

import (
	"math"
	"math/rand/v2"
	"slices"
	"sync/atomic"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"petcam/streamer/internal/microphone"
)

// soundStream is the outgoing sound of one viewer: it gives the shared packets the viewer's own SSRC, payload type and
// sequence numbers. It is the peer connection's webrtc.TrackLocal. Nothing is sent again: the packets themselves have what
// a receiver needs to bridge a lost one.
type soundStream struct {
	codec        webrtc.RTPCodecParameters
	flushPackets func(ssrc uint32)

	// Set by Bind, before the connection is up; then only read.
	ssrc   uint32
	writer webrtc.TrackLocalWriter

	header rtp.Header // of the next packet; only send uses it

	packets, octets atomic.Uint32
	offset          atomic.Uint64 // of the newest packet, as bits of its float64
}

func newSoundStream(codec webrtc.RTPCodecParameters, flushPackets func(ssrc uint32)) *soundStream {
	header := rtp.Header{Version: 2, PayloadType: uint8(codec.PayloadType), SequenceNumber: uint16(rand.N(1 << 15))} // as newStream
	return &soundStream{codec: codec, flushPackets: flushPackets, header: header}
}

// send writes a packet; write errors mean that the viewer is gone, which ICE finds out. begins is for one before which
// the viewer was sent nothing for a while.
func (s *soundStream) send(p microphone.Packet, begins bool) (bytes int) {
	s.header.Timestamp, s.header.Marker = p.Timestamp, begins || p.First
	bytes, _ = s.writer.WriteRTP(&s.header, p.Data)
	s.flushPackets(s.ssrc)
	s.header.SequenceNumber++
	s.offset.Store(math.Float64bits(p.Offset))
	s.octets.Add(uint32(len(p.Data)))
	s.packets.Add(1)
	return bytes
}

// report maps the capture clock to the sound's timestamps, also where the sound card runs fast or slow.
func (s *soundStream) report(at moment) *rtcp.SenderReport {
	return &rtcp.SenderReport{
		SSRC:        s.ssrc,
		NTPTime:     at.ntp,
		RTPTime:     microphone.TimestampAt(at.monotonic, math.Float64frombits(s.offset.Load())),
		PacketCount: s.packets.Load(),
		OctetCount:  s.octets.Load(),
	}
}

// Bind is called by the peer connection once the answer is made.
func (s *soundStream) Bind(c webrtc.TrackLocalContext) (webrtc.RTPCodecParameters, error) {
	if !slices.ContainsFunc(c.CodecParameters(), func(p webrtc.RTPCodecParameters) bool {
		return p.PayloadType == s.codec.PayloadType
	}) {
		return webrtc.RTPCodecParameters{}, webrtc.ErrUnsupportedCodec
	}
	s.ssrc, s.writer = uint32(c.SSRC()), c.WriteStream()
	s.header.SSRC = s.ssrc
	return s.codec, nil
}

// Unbind is called by the peer connection when it ends.
func (s *soundStream) Unbind(webrtc.TrackLocalContext) error { return nil }

// ID, RID, StreamID and Kind describe the track in the answer. Browsers keep tracks of one stream in step.
func (s *soundStream) ID() string                { return "sound" }
func (s *soundStream) RID() string               { return "" }
func (s *soundStream) StreamID() string          { return "petcam" }
func (s *soundStream) Kind() webrtc.RTPCodecType { return webrtc.RTPCodecTypeAudio }
