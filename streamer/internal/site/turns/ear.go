package turns

import (
	"sync"

	"petcam/streamer/internal/sound"
)

const (
	freshNS = 1_000_000_000 // a packet that is older says nothing of now
	keptNS  = 500_000_000   // for which an answer is good for others too
)

// Source is the audio segment's reader; shm.SoundReader.
type Source interface {
	Newest()
	Poll(to *sound.Packet) bool
	Close()
}

// ear tells whether sound comes: it looks at the audio segment when somebody asks, and decodes nothing.
type ear struct {
	open func() Source
	now  func() int64 // CLOCK_MONOTONIC, ns

	mu        sync.Mutex // guards what follows
	lookAgain int64
	heard     bool
}

func (e *ear) hears() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if now := e.now(); now >= e.lookAgain {
		e.heard, e.lookAgain = e.look(), now+keptNS
	}
	return e.heard
}

func (e *ear) look() bool {
	source := e.open()
	defer source.Close()
	var newest sound.Packet
	source.Newest()
	return source.Poll(&newest) && e.now()-int64(newest.PublishNS) < freshNS
}
