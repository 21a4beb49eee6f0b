package main

import (
	"bytes"
	"strconv"
	"sync"
	"time"

	"github.com/pion/rtp"
	"golang.org/x/sys/unix"
)

// mark is what bench/source.py writes at the end of each frame, before the time in 16 hexadecimal digits.
const mark = "petcam-bench-utc"

const (
	settling = 2 * time.Second        // at joining: a burst of older frames, which say nothing about latency
	patient  = 200 * time.Millisecond // for a lost packet to come again; then its frame is broken
)

// sight is what one viewer has seen. It puts the packets in order, as a player does: a frame counts from the moment
// at which it and all before it are whole.
type sight struct {
	tell func(stamp, arrival time.Time) // of each keyframe; may be nil

	mu        sync.Mutex // guards what follows
	begun     time.Time
	keyframe  time.Time // the first
	latencies []float64 // publish to the last packet, of each frame after settling, ms
	gaps      []float64 // between frames, ms
	frames    int
	broken    int
	lost      int // packets that did not come in time

	waiting [1 << 10]arrived // by sequence number
	next    uint16           // sequence number of the packet to look at next
	blocked time.Time        // since when that one is missed; zero: it is not
	current picture
	shown   time.Time // the last frame
}

type arrived struct {
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

func newSight() *sight { return &sight{} }

// take notes a packet.
func (s *sight) take(packet *rtp.Packet, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.begun.IsZero() {
		s.begun, s.next = at, packet.SequenceNumber
	}
	if ahead := packet.SequenceNumber - s.next; int(ahead) >= len(s.waiting) {
		return // it comes twice, or far too late
	}
	*s.slot(packet.SequenceNumber) = arrived{packet, at}
	s.advance()
	switch {
	case s.blocked.IsZero() && packet.SequenceNumber-s.next < 1<<15:
		s.blocked = at
	case !s.blocked.IsZero() && at.Sub(s.blocked) > patient:
		for ; s.slot(s.next).Packet == nil; s.next++ {
			s.lost++
		}
		s.current.broken = true
		s.advance()
	}
}

func (s *sight) slot(sequence uint16) *arrived { return &s.waiting[int(sequence)%len(s.waiting)] }

// advance looks at the packets that are there, in order.
func (s *sight) advance() {
	for slot := s.slot(s.next); slot.Packet != nil; slot = s.slot(s.next) {
		s.current.add(*slot)
		if slot.Marker {
			s.show(s.current)
			s.current = picture{}
		}
		*slot = arrived{}
		s.next++
		s.blocked = time.Time{}
	}
}

func (p *picture) add(a arrived) {
	if a.at.After(p.whole) {
		p.whole = a.at
	}
	if p.stamp.IsZero() {
		p.stamp = stampIn(a.Payload)
	}
	p.idr = p.idr || startsIDR(a.Payload)
}

func (s *sight) show(p picture) {
	if p.broken {
		s.broken++
		return
	}
	if p.whole.Before(s.shown) { // it had to wait for one before it
		p.whole = s.shown
	}
	if p.idr && s.keyframe.IsZero() {
		s.keyframe = p.whole
	}
	if p.idr && s.tell != nil && !p.stamp.IsZero() {
		s.tell(p.stamp, p.whole)
	}
	s.frames++
	if p.whole.Sub(s.begun) > settling {
		if !p.stamp.IsZero() {
			s.latencies = append(s.latencies, milliseconds(p.whole.Sub(p.stamp)))
		}
		s.gaps = append(s.gaps, milliseconds(p.whole.Sub(s.shown)))
	}
	s.shown = p.whole
}

func (s *sight) empty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.begun.IsZero()
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
	_, text, found := bytes.Cut(payload, []byte(mark))
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
