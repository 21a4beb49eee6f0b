package rtctest

import (
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// askAgainAfter is how long a viewer waits for what it misses before it asks (again).
const askAgainAfter = 50 * time.Millisecond

// order puts packets into the order of their sequence numbers.
type order struct {
	held   map[uint16]*rtp.Packet // not yet in order
	next   uint16
	newest uint16
	ssrc   uint32
	asked  time.Time // for the missing ones
}

func (o *order) take(packet *rtp.Packet) {
	if o.held == nil {
		o.held, o.next, o.newest = map[uint16]*rtp.Packet{}, packet.SequenceNumber, packet.SequenceNumber
	}
	o.ssrc = packet.SSRC
	if behind := o.next - packet.SequenceNumber; behind > 0 && behind < 1<<15 {
		return // it came twice
	}
	o.held[packet.SequenceNumber] = packet
	if ahead := packet.SequenceNumber - o.newest; ahead < 1<<15 {
		o.newest = packet.SequenceNumber
	}
}

// pop is the next packet; nil: it has not come.
func (o *order) pop() *rtp.Packet {
	packet := o.held[o.next]
	if packet != nil {
		delete(o.held, o.next)
		o.next++
	}
	return packet
}

func (o *order) missing() (missing []uint16) {
	for sequence := o.next; len(o.held) > 0 && o.newest-sequence < 1<<15; sequence++ {
		if o.held[sequence] == nil {
			missing = append(missing, sequence)
		}
	}
	return missing
}

// nextInOrder waits for the next packet in order, but not longer than this; nil: it did not come. What is missing it
// asks for, as browsers do: the kernel drops packets whenever a busy machine lets their reader wait.
func (v *Viewer) nextInOrder(limit time.Duration) *rtp.Packet {
	v.t.Helper()
	for until := time.Now().Add(limit); ; {
		if packet := v.order.pop(); packet != nil {
			return packet
		}
		if packet := v.PacketWithin(min(askAgainAfter, time.Until(until))); packet != nil {
			v.order.take(packet)
		} else if time.Now().After(until) {
			return nil
		}
		v.askForMissing()
	}
}

func (v *Viewer) askForMissing() {
	v.t.Helper()
	if missing := v.order.missing(); len(missing) > 0 && time.Since(v.order.asked) > askAgainAfter {
		v.order.asked = time.Now()
		v.Asked += len(missing)
		v.Send(&rtcp.TransportLayerNack{MediaSSRC: v.order.ssrc, Nacks: rtcp.NackPairsFromSequenceNumbers(missing)})
	}
}
