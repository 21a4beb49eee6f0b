package fanout

import (
	"context"
	"slices"
)

// Subscription is one subscriber's position in the log. Next is for one goroutine; the rest is for any.
type Subscription[T any] struct {
	hub    *Hub[T]
	wakeup chan struct{} // has one element while there may be something to read

	next             uint64 // guarded by hub.mu: the item that comes next
	awaitingKeyframe bool   // guarded by hub.mu: nothing before the next keyframe is of use
	begun            bool   // guarded by hub.mu: it has had an item since its start
	held             bool   // guarded by hub.mu: it waits for an item of number newer or later, and then starts anew
	newer            uint64 // guarded by hub.mu: hub.next at the last Hold or Restart
}

// Next waits for the next item. Its only error is the context's.
func (s *Subscription[T]) Next(ctx context.Context) (T, error) {
	for {
		if item, ok := s.take(); ok {
			return item, nil
		}
		select {
		case <-s.wakeup:
		case <-ctx.Done():
			var none T
			return none, ctx.Err()
		}
	}
}

// Restart goes back, or forward, to the newest keyframe. Where nobody begins there any more it goes on where it is.
// Where nothing has come since the Restart before, it is as Hold: nobody gets the same items a third time.
func (s *Subscription[T]) Restart() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	if s.hub.ended || s.held {
		return
	}
	if s.newer == s.hub.next {
		s.held = true
		return
	}
	s.newer = s.hub.next
	s.start()
	s.notify()
}

// Hold gives nothing more until something is published. Then it goes back, or forward, to the newest keyframe, as Restart
// does.
func (s *Subscription[T]) Hold() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.held, s.newer = true, s.hub.next
}

// Close takes the subscription out of the hub.
func (s *Subscription[T]) Close() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	s.hub.subscribers = slices.DeleteFunc(s.hub.subscribers, func(other *Subscription[T]) bool { return other == s })
}

// start needs hub.mu.
func (s *Subscription[T]) start() {
	s.begun = false
	s.awaitingKeyframe = !s.hub.started || s.hub.ended
	s.next = s.hub.next
	if !s.awaitingKeyframe {
		s.next = s.hub.group
	}
}

func (s *Subscription[T]) notify() {
	select {
	case s.wakeup <- struct{}{}:
	default: // there is one already
	}
}

func (s *Subscription[T]) take() (item T, ok bool) {
	h := s.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	if s.held {
		if h.next == s.newer {
			return item, false
		}
		s.held = false
		if !h.ended || !s.begun {
			s.start()
		}
	}
	if s.next < h.first {
		s.awaitingKeyframe = true // what should come next is gone
	}
	if s.awaitingKeyframe {
		if !h.started || h.group < s.next {
			return item, false
		}
		if s.begun { // a new subscriber that waited for its first keyframe has missed nothing
			h.skipped += h.group - s.next
		}
		s.next, s.awaitingKeyframe = h.group, false
	}
	if s.next == h.next {
		return item, false
	}
	item = h.at(s.next).item
	s.next++
	s.begun = true
	return item, true
}
