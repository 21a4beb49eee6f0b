package rtc

import (
	"sync"
	"sync/atomic"

	"github.com/pion/webrtc/v4"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/microphone"
)

// listenersDelay is the playout delay, in units, that a viewer is told for its pictures while it listens. A browser plays
// sound some 100 ms after its capture and can only wait with the pictures where they are not to be shown at once.
const listenersDelay = 9

// listener is what makes a viewer hear: it is sent the sound while it wants it and is connected.
type listener struct {
	viewer *viewer
	stream *soundStream // nil: the viewer's offer takes no sound
	sender *webrtc.RTPSender
	hears  atomic.Bool // while the microphone calls Hear

	begins bool // nothing was heard since the microphone is listened to; only Hear uses it, and update before and after

	mu      sync.Mutex // guards what follows
	wanted  bool
	ready   bool          // the viewer is connected and has not left
	stop    func()        // the microphone from calling Hear; nil: it does not
	drained chan struct{} // closed where drain has ended; nil: it has not begun
}

// want turns the sound on or off.
func (l *listener) want(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wanted = on
	l.update()
}

// begin says that the viewer is connected.
func (l *listener) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ready = true
	l.update()
}

// end says that it leaves, and waits for the goroutine of drain.
func (l *listener) end() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ready = false
	l.update()
	if l.drained != nil {
		_ = l.sender.Stop()
		<-l.drained
	}
}

// update is called with mu held.
func (l *listener) update() {
	switch should := l.wanted && l.ready && l.stream != nil; {
	case should && l.stop == nil:
		l.drain()
		l.begins = true
		l.hears.Store(true)
		l.setDelay(listenersDelay)
		if l.viewer.client.isWHEP() {
			l.Hear(l.viewer.server.microphone.Silence()) // a media server waits for each track's first packet, 2 s or more
		}
		l.stop = l.viewer.server.microphone.Listen(l)
	case !should && l.stop != nil:
		l.stop()
		l.stop = nil
		l.hears.Store(false)
		l.setDelay(0)
	}
}

func (l *listener) setDelay(units int64) {
	if l.viewer.stream != nil {
		l.viewer.stream.delay.least.Store(units)
	}
}

// Hear sends a packet of sound. It is the microphone's to call.
func (l *listener) Hear(packet microphone.Packet) {
	server := l.viewer.server
	server.bytes.Add(uint64(l.stream.send(packet, l.begins)))
	server.soundPackets.Add(1)
	l.viewer.report(l.begins)
	l.begins = false
}

// drain reads what the viewer says of the sound, of which nothing is used, so that it does not pile up in pion. It begins
// with the first sound: a viewer that never listens costs no goroutine. Called with mu held.
func (l *listener) drain() {
	if l.drained != nil {
		return
	}
	done := make(chan struct{})
	l.drained = done
	go func() {
		defer close(done)
		buffer := make([]byte, 1500)
		for {
			if _, _, err := l.sender.Read(buffer); err != nil {
				return
			}
		}
	}()
}

// Listen turns the sound of a page's viewer on or off. Errors are those of apierror: NotFound, NotPossible.
func (s *Server) Listen(page string, on bool) error {
	v := s.viewerOf(func(c Client) bool { return page != "" && c.Page == page })
	switch {
	case v == nil:
		return apierror.New(apierror.NotFound, "there is no such viewer (any more)")
	case v.listener.stream == nil:
		return apierror.New(apierror.NotPossible, "this viewer has no sound: its offer takes none, or there is no microphone")
	}
	v.listener.want(on)
	return nil
}

// Listeners is how many viewers are sent sound, or will be once there is any.
func (s *Server) Listeners() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for v := range s.viewers {
		if v.listener.hears.Load() {
			n++
		}
	}
	return n
}
