package main

import (
	"bytes"
	"strconv"
	"sync"
	"time"

	"github.com/pion/rtp"
	"golang.org/x/sys/unix"
)

// timestampMarker is what bench/source.py writes at the end of each frame, before the time in 16 hexadecimal digits.
const timestampMarker = "petcam-bench-utc"

const (
	warmUp         = 2 * time.Second        // after joining: its burst of older frames says nothing about latency
	maxReorderWait = 200 * time.Millisecond // for a lost packet's retransmission; then its frame is broken
)

// reception is what one viewer has received. It puts the packets in order, as a player does: a frame is received at the
// moment at which it and all frames before it are complete.
type reception struct {
	onKeyframe func(stamp, arrival time.Time) // of each keyframe; may be nil

	mu        sync.Mutex // guards what follows
	begun     time.Time
	keyframe  time.Time // the first
	latencies []float64 // publish to the last packet, of each frame after warmUp, ms
	gaps      []float64 // between frames, ms
	frames    int
	broken    int
	lost      int // packets that did not come in time

	buffer       [1 << 10]arrivedPacket // by sequence number
	next         uint16                 // sequence number of the packet to look at next
	missingSince time.Time              // since when that one is missed; zero: it is not
	current      picture
	lastFrame    time.Time // the last frame
}

type arrivedPacket struct {
	*rtp.Packet
	at time.Time
}

// picture is what is known of a frame so far.
type picture struct {
	stamp  time.Time // of its publishing
	whole  time.Time
	idr    bool
	broken bool
}

func newReception() *reception { return &reception{} }

// take notes a packet.
func (r *reception) take(packet *rtp.Packet, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.begun.IsZero() {
		r.begun, r.next = at, packet.SequenceNumber
	}
	if ahead := packet.SequenceNumber - r.next; int(ahead) >= len(r.buffer) {
		return // it comes twice, or far too late
	}
	*r.slot(packet.SequenceNumber) = arrivedPacket{packet, at}
	r.advance()
	switch {
	case r.missingSince.IsZero() && packet.SequenceNumber-r.next < 1<<15:
		r.missingSince = at
	case !r.missingSince.IsZero() && at.Sub(r.missingSince) > maxReorderWait:
		for ; r.slot(r.next).Packet == nil; r.next++ {
			r.lost++
		}
		r.current.broken = true
		r.advance()
	}
}

func (r *reception) slot(sequence uint16) *arrivedPacket {
	return &r.buffer[int(sequence)%len(r.buffer)]
}

// advance takes the packets that are there out of the buffer, in order.
func (r *reception) advance() {
	for slot := r.slot(r.next); slot.Packet != nil; slot = r.slot(r.next) {
		r.current.add(*slot)
		if slot.Marker {
			r.finish(r.current)
			r.current = picture{}
		}
		*slot = arrivedPacket{}
		r.next++
		r.missingSince = time.Time{}
	}
}

func (p *picture) add(a arrivedPacket) {
	if a.at.After(p.whole) {
		p.whole = a.at
	}
	if p.stamp.IsZero() {
		p.stamp = stampIn(a.Payload)
	}
	p.idr = p.idr || startsIDR(a.Payload)
}

func (r *reception) finish(p picture) {
	if p.broken {
		r.broken++
		return
	}
	if p.whole.Before(r.lastFrame) { // it had to wait for one before it
		p.whole = r.lastFrame
	}
	if p.idr && r.keyframe.IsZero() {
		r.keyframe = p.whole
	}
	if p.idr && r.onKeyframe != nil && !p.stamp.IsZero() {
		r.onKeyframe(p.stamp, p.whole)
	}
	r.frames++
	if p.whole.Sub(r.begun) > warmUp {
		if !p.stamp.IsZero() {
			r.latencies = append(r.latencies, milliseconds(p.whole.Sub(p.stamp)))
		}
		r.gaps = append(r.gaps, milliseconds(p.whole.Sub(r.lastFrame)))
	}
	r.lastFrame = p.whole
}

func (r *reception) empty() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.begun.IsZero()
}

func startsIDR(payload []byte) bool {
	if len(payload) < 2 {
		return false
	}
	kind := payload[0] & 0x1f
	return kind == 5 || kind == 28 && payload[1]&0x1f == 5 || kind == 24 && bytes.Contains(payload[:min(len(payload), 64)], []byte{0x65})
}

// stampIn is the time that the source has written into a frame; zero where this packet has none.
func stampIn(payload []byte) time.Time {
	_, text, found := bytes.Cut(payload, []byte(timestampMarker))
	if !found || len(text) < 16 {
		return time.Time{}
	}
	monotonic, _ := strconv.ParseInt(string(text[:16]), 16, 64)
	return time.Unix(0, monotonic+wallOffset())
}

// wallOffset is that of the wall clock, in which packets arrive, to CLOCK_MONOTONIC.
func wallOffset() int64 {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
	return time.Now().UnixNano() - now.Nano()
}
