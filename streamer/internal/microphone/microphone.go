// Package microphone gives the sound in the shared memory to all who listen now. It imports sound.
//
// One goroutine (Microphone.run) reads the segment while somebody listens, and calls the listeners itself: two packets wake
// one goroutine once, however many listen, and their bytes are there once. It ends with the last listener, or by Close.
//
// What packets cost is their number, not their size, and the wakeup before them. So two of the segment's, of 20 ms each,
// become one of 40 ms where they follow one another; and the goroutine does not sleep on the segment, which would wake it for
// each, but goes along with the first picture once both should be there.
package microphone

import (
	"context"
	"sync"
	"time"

	"petcam/streamer/internal/sound"
)

// maxAge is how old a packet may be that is given to listeners. What waited longer, while this machine slept or behind a
// segment that was silent, is not live.
const maxAge = 500 * time.Millisecond

// How long is waited for the second packet of a pair after the first was published, and then, in small steps, for one that is
// late. A writer's word for when it published is not believed beyond the first of these.
const (
	pairTime = 2 * time.Duration(sound.PacketNS)
	slack    = 2 * time.Millisecond
	lateStep = 8 * time.Millisecond
	maxLate  = 2 // steps
	// maxPause is how long a pair waits for a picture.
	maxPause = 35 * time.Millisecond
)

// Source is the segment's reader; shm.SoundReader.
type Source interface {
	Newest()
	Next(ctx context.Context, to *sound.Packet) error
	Poll(to *sound.Packet) bool
	Close()
}

// Packet is one Opus packet as listeners get it, of 20 or 40 ms.
type Packet struct {
	Timestamp uint32  // RTP, at 48 kHz
	Offset    float64 // for TimestampAt
	First     bool    // nothing was heard right before
	Data      []byte  // as long as Hear runs
}

// Listener is who listens.
type Listener interface {
	// Hear is called for each packet, by one goroutine. It must not wait, and not call the Microphone.
	Hear(packet Packet)
}

// Options are where the sound comes from and whether it may be heard.
type Options struct {
	Open func() Source // of one goroutine, which closes it
	On   func() bool   // whether the owner lets the microphone be heard; cheap
	Now  func() uint64 // CLOCK_MONOTONIC, ns
}

// Microphone has its listeners.
type Microphone struct {
	Options
	ctx   context.Context // ends at Close
	close context.CancelFunc
	tasks sync.WaitGroup
	along chan struct{} // has an element once there was a picture

	reading sync.Mutex // held by the run that has the segment open

	mu        sync.Mutex // guards what follows; it is held while listeners hear
	listeners map[Listener]struct{}
	rest      context.CancelFunc // ends run
	clock     clock              // goes on when nobody listens: timestamps never go back
	off       bool               // sound was, when run last looked
	from      uint64             // when run first found it on again, ns
}

// New makes a Microphone. Nothing is opened before somebody listens.
func New(options Options) *Microphone {
	m := &Microphone{Options: options, listeners: map[Listener]struct{}{}, along: make(chan struct{}, 1)}
	m.ctx, m.close = context.WithCancel(context.Background())
	return m
}

// Listen has l hear each packet from now on. After stop has returned it hears nothing any more.
func (m *Microphone) Listen(l Listener) (stop func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.listeners[l] = struct{}{}
	if m.rest == nil && m.ctx.Err() == nil {
		var ctx context.Context
		ctx, m.rest = context.WithCancel(m.ctx)
		m.tasks.Add(1)
		go m.run(ctx)
	}
	return func() { m.leave(l) }
}

func (m *Microphone) leave(l Listener) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.listeners, l)
	if len(m.listeners) == 0 && m.rest != nil {
		m.rest()
		m.rest = nil
	}
}

// GoAlong says that a picture is being sent, so that what is there of the sound can be too. It never waits.
func (m *Microphone) GoAlong() {
	select {
	case m.along <- struct{}{}:
	default: // it has been said, or nobody listens
	}
}

// Silence is a packet in which nothing is heard, of a second ago: before all that comes from now on.
func (m *Microphone) Silence() Packet {
	m.mu.Lock()
	defer m.mu.Unlock()
	timestamp := TimestampAt(m.Now()-uint64(time.Second), m.clock.offset)
	return Packet{Timestamp: timestamp, Offset: m.clock.offset, First: true, Data: sound.Silence}
}

// Listeners is how many listen.
func (m *Microphone) Listeners() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.listeners)
}

// run reads the segment until ctx ends. It begins once the one before has ended, which may sleep on the segment: each would
// have a thread and a file of its own, and listeners may come and go as often as they like.
func (m *Microphone) run(ctx context.Context) {
	defer m.tasks.Done()
	m.reading.Lock()
	defer m.reading.Unlock()
	if ctx.Err() != nil {
		return
	}
	source := m.Open()
	defer source.Close()
	source.Newest()
	var first, second sound.Packet
	var buffer []byte
	for source.Next(ctx, &first) == nil {
		if m.isOld(&first) { // this goroutine fell behind: with the waits below it would take minutes for what piled up
			source.Newest()
			sleep(ctx, slack) // not once for each packet of a writer that says wrong times
			continue
		}
		last := &first
		if m.second(ctx, source, &first, &second) {
			last = &second
			buffer = m.tellBoth(ctx, &first, &second, buffer[:0])
		} else {
			m.tell(ctx, &first)
		}
		m.awaitPicture(ctx, m.untilAfter(last, pairTime)) // the next two will be there by then
	}
}

// second waits for the packet that follows first; false: it is late.
func (m *Microphone) second(ctx context.Context, source Source, first, second *sound.Packet) bool {
	if source.Poll(second) {
		return true
	}
	sleep(ctx, m.untilAfter(first, pairTime/2+slack))
	for range maxLate {
		if source.Poll(second) {
			return true
		}
		sleep(ctx, lateStep)
	}
	return source.Poll(second)
}

// untilAfter is the time that is left until so long after a packet was published.
func (m *Microphone) untilAfter(p *sound.Packet, after time.Duration) time.Duration {
	return min(time.Duration(int64(p.PublishNS)+int64(after)-int64(m.Now())), after)
}

// awaitPicture waits for the first picture after a time, but not for long.
func (m *Microphone) awaitPicture(ctx context.Context, least time.Duration) {
	begun := time.Now()
	timer := time.NewTimer(max(0, least) + maxPause)
	defer timer.Stop()
	for {
		select {
		case <-m.along:
			if time.Since(begun) >= least {
				return
			}
		case <-timer.C:
			return
		case <-ctx.Done():
			return
		}
	}
}

func sleep(ctx context.Context, span time.Duration) {
	if span <= 0 {
		return
	}
	timer := time.NewTimer(span)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// mayBeHeard says whether a packet is for the listeners: what was captured while the owner let nobody hear is passed over,
// whenever it is read, and so is what is old.
func (m *Microphone) mayBeHeard(p *sound.Packet) bool {
	on := m.On() // may look at a file
	m.mu.Lock()
	defer m.mu.Unlock()
	if on && m.off {
		m.from = m.Now()
	}
	m.off = !on
	return on && p.CaptureNS >= m.from && !m.isOld(p)
}

func (m *Microphone) isOld(p *sound.Packet) bool { return m.Now() > p.PublishNS+uint64(maxAge) }

// tellBoth gives two packets to all who listen, as one where that can be; it gives the buffer back.
func (m *Microphone) tellBoth(ctx context.Context, first, second *sound.Packet, buffer []byte) []byte {
	buffer, fit := pair(buffer, first.Data, second.Data)
	if !fit || !m.mayBeHeard(first) || !m.mayBeHeard(second) {
		m.tell(ctx, first)
		m.tell(ctx, second)
		return buffer
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	at, missing := m.clock.place(first)
	next, apart := m.clock.place(second)
	if apart {
		m.give(ctx, at, missing, first.Data)
		m.give(ctx, next, apart, second.Data)
	} else {
		m.give(ctx, at, missing, buffer)
	}
	return buffer
}

func (m *Microphone) tell(ctx context.Context, p *sound.Packet) {
	if !m.mayBeHeard(p) {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	at, missing := m.clock.place(p)
	m.give(ctx, at, missing, p.Data)
}

// give has all who listen hear. Called with mu held.
func (m *Microphone) give(ctx context.Context, at uint64, missing bool, data []byte) {
	if ctx.Err() != nil {
		return
	}
	packet := Packet{Timestamp: uint32(at), Offset: m.clock.offset, First: missing, Data: data}
	for l := range m.listeners {
		l.Hear(packet)
	}
}

// Close ends the goroutine. Nobody may listen any more.
func (m *Microphone) Close() {
	m.mu.Lock() // after this no run begins
	m.close()
	m.mu.Unlock()
	m.tasks.Wait()
}
