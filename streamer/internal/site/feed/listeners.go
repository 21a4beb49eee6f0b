package feed

import (
	"context"
	"sync"
)

const (
	// maxBacklogEvents is how many events of the new one's size a listener may have left unread.
	maxBacklogEvents = 8
	// backlogError is by how many bytes the estimate of a backlog may be off.
	backlogError = 4096
	// keepAlive is after how long without an event a comment is sent, so that both sides notice a connection that is dead;
	// tendPause is between two looks for that. Both in ns.
	keepAlive = 10_000_000_000
	tendPause = 1_000_000_000
)

// listeners are those who listen. Each event takes the place of the one before: a new listener is sent the latest, and one
// that is behind misses some.
type listeners struct {
	now       func() uint64
	keepAlive *event

	mu     sync.Mutex // guards what follows, and is held while events are written
	all    map[*listener]struct{}
	some   chan struct{} // closed while there are any
	latest event
	level  event
	sent   uint64 // when the latest was, ns; 0: none was
	tended uint64 // when tend last looked, ns
}

func newListeners(now func() uint64) *listeners {
	return &listeners{
		now: now, keepAlive: eventOf(keepAliveComment), all: map[*listener]struct{}{}, some: make(chan struct{}),
	}
}

// join adds a listener, and sends it the latest event where that is fresh.
func (s *listeners) join(line line, chunked bool) *listener {
	l := newListener(line, chunked)
	s.mu.Lock()
	defer s.mu.Unlock()
	l.said = s.now()
	if len(s.all) == 0 {
		close(s.some)
	}
	s.all[l] = struct{}{}
	l.look()
	if s.sent != 0 && isFresh(l.said, s.sent) {
		l.give(&s.latest, anyBacklog)
	}
	return l
}

// leave takes a listener out: nothing is sent to it any more. False: what was sent ended within an event.
func (s *listeners) leave(l *listener) (whole bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, l)
	if len(s.all) == 0 {
		s.some = make(chan struct{})
	}
	return len(l.rest) == 0
}

func (s *listeners) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.all)
}

// await waits for a listener; false: ctx has ended.
func (s *listeners) await(ctx context.Context) bool {
	s.mu.Lock()
	some := s.some
	s.mu.Unlock()
	select {
	case <-some:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

// publish sends an event, whose data fill appends, to all who are not behind.
func (s *listeners) publish(fill func(to []byte) []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latest.make(fill)
	s.sent = s.now()
	most := max(backlogError, maxBacklogEvents*len(s.latest.plain))
	for l := range s.all {
		l.give(&s.latest, most)
	}
}

// tell sends what is only of use now, beside what publish sends; who is behind misses it.
func (s *listeners) tell(fill func(to []byte) []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.level.make(fill)
	for l := range s.all {
		l.give(&s.level, backlogError)
	}
}

// tend sends what waits for room, and keep-alives. It is to be called more often than once a second.
func (s *listeners) tend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if now-s.tended < tendPause {
		return
	}
	s.tended = now
	for l := range s.all {
		if now-max(l.said, s.sent) >= keepAlive {
			l.give(s.keepAlive, anyBacklog)
			l.said = now
		} else if len(l.rest) > 0 {
			l.give(nil, 0)
		}
	}
}
