package rtc

import (
	"bytes"
	"math"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"petcam/streamer/internal/h264"
)

// packetRecorder keeps the packets that a stream sends.
type packetRecorder struct{ packets []rtp.Packet }

func (w *packetRecorder) WriteRTP(header *rtp.Header, payload []byte) (int, error) {
	w.packets = append(w.packets, rtp.Packet{Header: header.Clone(), Payload: bytes.Clone(payload)})
	return len(payload), nil
}

func (w *packetRecorder) Write([]byte) (int, error) { panic("not used") }

// streamOf makes a stream that writes to a packetRecorder and retransmits out of frames.
func streamOf(frames ...*frame) (*stream, *packetRecorder) {
	w := &packetRecorder{}
	s := newStream(webrtc.RTPCodecParameters{}, func(number uint64) *frame {
		for _, f := range frames {
			if f.number <= number && number < f.end() {
				return f
			}
		}
		return nil
	}, func(uint32) {})
	s.writer, s.playoutID = w, 3
	return s, w
}

// framesFrom makes n frames of three packets each; every fourth is a keyframe.
func framesFrom(number uint64, n int) (frames []*frame) {
	for i := range n {
		au := h264.AccessUnit{CaptureNS: uint64(i) * frameNS, Keyframe: i%4 == 0, Data: annexB(nal(0x41, 3000+i))}
		f := packetize(au, number)
		frames = append(frames, f)
		number = f.end()
	}
	return frames
}

func nackOf(sequences ...uint16) *rtcp.TransportLayerNack {
	return &rtcp.TransportLayerNack{Nacks: rtcp.NackPairsFromSequenceNumbers(sequences)}
}

func expectNoGap(t *testing.T, packets []rtp.Packet) {
	t.Helper()
	for i := 1; i < len(packets); i++ {
		if packets[i].SequenceNumber != packets[i-1].SequenceNumber+1 {
			t.Fatalf("packet %d is number %d after %d", i, packets[i].SequenceNumber, packets[i-1].SequenceNumber)
		}
	}
}

func TestStreamMarksTheLastPacketOfAFrame(t *testing.T) {
	frames := framesFrom(0, 2)
	s, w := streamOf()
	for _, f := range frames {
		s.send(f)
	}
	for i, packet := range w.packets {
		if packet.Marker != (i%3 == 2) || packet.Timestamp != frames[i/3].timestamp {
			t.Errorf("packet %d: %v", i, packet.Header)
		}
	}
}

func TestPlayoutDelayIsAllowedOnlyOnRequestAndNotInTheFirstGroup(t *testing.T) {
	for offer, later := range map[string][]byte{
		offerWith("96:"): {0, 0, 0},
		offerWith("96:") + delayAllowedLine + "\r\n": {0, 0, 50},
	} {
		s, w := streamOf()
		s.delayAllowed = allowsDelay(offer)
		for _, f := range framesFrom(0, 9) { // keyframes 0, 4 and 8, of three packets each
			s.send(f)
		}
		for i, want := range map[int][]byte{0: {0, 0, 0}, 3: nil, 12: later, 24: later} {
			if got := w.packets[i].GetExtension(3); !bytes.Equal(got, want) {
				t.Errorf("packet %d of %q has %v", i, offer, got)
			}
		}
	}
}

func TestSequenceNumbersStayContiguousWhenFramesAreSkippedOrResent(t *testing.T) {
	frames := framesFrom(math.MaxUint16-7, 12) // across the wrap of the number's low half
	s, w := streamOf(frames...)
	for _, i := range []int{0, 1, 8, 9, 8, 9, 10, 11} {
		s.send(frames[i])
	}
	expectNoGap(t, w.packets)
}

func TestRetransmittedPacketEqualsTheLostOne(t *testing.T) {
	frames := framesFrom(1000, 12)
	s, w := streamOf(frames...)
	for _, i := range []int{0, 4, 5, 4, 5, 6} { // forward, and back again
		s.send(frames[i])
	}
	sent := w.packets
	for i, lost := range sent[9:] { // what was sent since the last jump
		w.packets = nil
		if s.retransmit(nackOf(lost.SequenceNumber)) != 1 || len(w.packets) != 1 {
			t.Fatalf("packet %d is not retransmitted", i)
		}
		again := w.packets[0]
		if again.String() != lost.String() || !bytes.Equal(again.Payload, lost.Payload) ||
			!bytes.Equal(again.GetExtension(3), lost.GetExtension(3)) {
			t.Fatalf("packet %d was %v, is retransmitted as %v", i, lost, again)
		}
	}
}

func TestPacketsFromBeforeAJumpAreNotRetransmitted(t *testing.T) {
	frames := framesFrom(1000, 12)
	s, w := streamOf(frames...)
	for _, i := range []int{0, 1, 8, 4} {
		s.send(frames[i])
	}
	for i, before := range w.packets[:9] {
		if s.retransmit(nackOf(before.SequenceNumber)) != 0 {
			t.Fatalf("packet %d is retransmitted as %v", i, w.packets[len(w.packets)-1])
		}
	}
}

func TestPacketsNeverSentOrNoLongerKeptAreNotRetransmitted(t *testing.T) {
	frames := framesFrom(1000, 8)
	s, w := streamOf(frames[4:]...)
	if s.retransmit(nackOf(0, 1, 5000)) != 0 {
		t.Fatal("a packet was retransmitted before any was sent")
	}
	for _, f := range frames {
		s.send(f)
	}
	gone, next := w.packets[0].SequenceNumber, w.packets[len(w.packets)-1].SequenceNumber+1
	if n := s.retransmit(nackOf(gone-1, gone, next, next+1000)); n != 0 {
		t.Fatalf("%d packets were retransmitted", n)
	}
}

func TestRetransmissionsPerSecondAreBounded(t *testing.T) {
	frames := framesFrom(1000, 4)
	s, w := streamOf(frames...)
	for _, f := range frames {
		s.send(f)
	}
	s.retransmitWindow = time.Now().Add(time.Hour) // all of the test is within one second
	sent := 0
	for range 1000 {
		sent += s.retransmit(nackOf(w.packets[0].SequenceNumber))
	}
	if sent != maxRetransmitsPerSecond {
		t.Fatalf("%d packets were retransmitted", sent)
	}
}

func TestWallClockTimeIsConvertedToNTP(t *testing.T) {
	half := time.Date(2036, 2, 7, 6, 28, 15, 500_000_000, time.UTC) // a second before the seconds wrap
	if got := ntp(half); got != 0xffffffff_80000000 {
		t.Fatalf("%x", got)
	}
}
