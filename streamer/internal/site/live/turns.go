package live

import (
	"context"
	"sync"
	"time"
)

// turns are the streams of the past, by viewer.
type turns struct {
	mu   sync.Mutex
	open map[string]*turn // guarded by mu
}

// turn is a viewer's stream; it is over when another one of the same viewer wants its place.
type turn struct {
	over  context.Context
	give  context.CancelFunc
	ended chan struct{}
	end   func() // may be called twice
}

// begin ends the stream of the same viewer before, and waits for that a little. Without a name each is by itself.
func (t *turns) begin(viewer string) *turn {
	mine := &turn{ended: make(chan struct{})}
	mine.over, mine.give = context.WithCancel(context.Background())
	mine.end = sync.OnceFunc(func() { t.forget(viewer, mine); mine.give(); close(mine.ended) })
	if viewer == "" {
		return mine
	}
	t.mu.Lock()
	before := t.open[viewer]
	if t.open == nil {
		t.open = map[string]*turn{}
	}
	t.open[viewer] = mine
	t.mu.Unlock()
	if before != nil {
		before.giveWay(givesWayAtAll)
	}
	return mine
}

func (t *turn) giveWay(timeout time.Duration) {
	t.give()
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	select {
	case <-t.ended:
	case <-timer.C:
	}
}

func (t *turns) forget(viewer string, mine *turn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open[viewer] == mine {
		delete(t.open, viewer)
	}
}
