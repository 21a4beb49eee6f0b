// Package microphone gives the sound in the shared memory to all who listen now. It imports sound.
//
// One goroutine (Microphone.run) reads the segment while somebody listens, and calls the listeners itself: a packet wakes
// one goroutine, however many listen, and its bytes are there once. It ends with the last listener, or by Close.
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

// Source is the segment's reader; shm.SoundReader.
type Source interface {
	Newest()
	Next(ctx context.Context, to *sound.Packet) error
	Close()
}

// Packet is one Opus packet as listeners get it.
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

	mu        sync.Mutex // guards what follows; it is held while listeners hear
	listeners map[Listener]struct{}
	rest      context.CancelFunc // ends run
	clock     clock              // goes on when nobody listens: timestamps never go back
}

// New makes a Microphone. Nothing is opened before somebody listens.
func New(options Options) *Microphone {
	m := &Microphone{Options: options, listeners: map[Listener]struct{}{}}
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

// Listeners is how many listen.
func (m *Microphone) Listeners() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.listeners)
}

// run reads the segment until ctx ends. One may still be ending where the next has begun.
func (m *Microphone) run(ctx context.Context) {
	defer m.tasks.Done()
	source := m.Open()
	defer source.Close()
	source.Newest()
	var packet sound.Packet
	for source.Next(ctx, &packet) == nil {
		m.tell(ctx, &packet)
	}
}

// tell gives a packet to all who listen. What the owner lets nobody hear is passed over, and so is what is old.
func (m *Microphone) tell(ctx context.Context, p *sound.Packet) {
	if m.Now() > p.PublishNS+uint64(maxAge) || !m.On() {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	first, jumped := m.clock.place(p)
	told := Packet{Timestamp: uint32(first), Offset: m.clock.offset, First: jumped, Data: p.Data}
	for l := range m.listeners {
		l.Hear(told)
	}
}

// Close ends the goroutine. Nobody may listen any more.
func (m *Microphone) Close() {
	m.mu.Lock() // after this no run begins
	m.close()
	m.mu.Unlock()
	m.tasks.Wait()
}
