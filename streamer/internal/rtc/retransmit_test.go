package rtc

import (
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"petcam/streamer/internal/rtc/rtctest"
)

// lossyReceiver puts packets in order and sends NACKs for those that are missing.
type lossyReceiver struct {
	viewer *rtctest.Viewer
	ssrc   uint32
	held   map[uint16]*rtp.Packet // not yet in order
	next   uint16
	newest uint16
	whole  int // frames of which every packet has come
	lost   int // packets that were asked for
}

func (c *lossyReceiver) take(packet *rtp.Packet) {
	if c.held == nil {
		c.held, c.next, c.newest, c.ssrc = map[uint16]*rtp.Packet{}, packet.SequenceNumber, packet.SequenceNumber, packet.SSRC
	}
	c.held[packet.SequenceNumber] = packet
	if ahead := packet.SequenceNumber - c.newest; ahead < 1<<15 {
		c.newest = packet.SequenceNumber
	}
	for c.held[c.next] != nil {
		if c.held[c.next].Marker {
			c.whole++
		}
		delete(c.held, c.next)
		c.next++
	}
}

// requestMissing sends a NACK for the missing packets.
func (c *lossyReceiver) requestMissing() {
	var missing []uint16
	for sequence := c.next; c.newest-sequence < 1<<15; sequence++ {
		if c.held[sequence] == nil {
			missing = append(missing, sequence)
		}
	}
	if len(missing) > 0 {
		c.lost += len(missing)
		c.viewer.Send(&rtcp.TransportLayerNack{MediaSSRC: c.ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(missing)})
	}
}

func TestRetransmissionRecoversEveryFrameAtTwoPercentLoss(t *testing.T) {
	const frames = 400
	s := start(t, nil, defaultTimeouts())
	v := join(t, s)
	publish(s, 0, 0, 3000)
	c := &lossyReceiver{viewer: v}
	c.take(v.Packet())
	v.Lose(0.02)
	deadline := time.Now().Add(time.Minute)
	for n := 1; c.whole < frames; {
		if n <= c.whole+1 { // the frame before is whole; a loss at its end shows only with the next frame
			publish(s, n, n, 3000)
			n++
		}
		if packet := v.PacketWithin(20 * time.Millisecond); packet != nil {
			c.take(packet)
		} else {
			c.requestMissing() // for what got lost again, too
			publish(s, n, n, 3000)
			n++
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d frames are whole", c.whole, frames)
		}
	}
	if c.lost < frames/50 {
		t.Errorf("only %d packets were lost", c.lost)
	}
}
