package site

import (
	"context"
	"slices"
	"sync"
)

// maxThreads are the handlers that work at once, until their answer begins. What they may wait for is a disk: each then has a
// thread of the system, of which the service may have few, and what it has read in memory.
const maxThreads = 32

// threads bounds how many handlers work at once. One holder (a session, or a network of those who are not logged in) has at most half
// of them, and whoever has least comes first.
type threads struct {
	limit, share int

	mu      sync.Mutex // guards what follows
	taken   int
	held    map[string]int
	waiting []*waitsForThread // no more than there are connections
}

// waitsForThread is a handler that waits.
type waitsForThread struct {
	holder string
	given  chan struct{} // closed once it has one
}

func newThreads(limit int) *threads {
	return &threads{limit: limit, share: (limit + 1) / 2, held: map[string]int{}}
}

// take waits for a thread, or until ctx ends. What it gives gives the thread back, and may be called twice.
func (t *threads) take(ctx context.Context, holder string) (release func(), err error) {
	mine := &waitsForThread{holder: holder, given: make(chan struct{})}
	t.mu.Lock()
	t.waiting = append(t.waiting, mine)
	t.give()
	t.mu.Unlock()
	select {
	case <-mine.given:
	case <-ctx.Done():
		if t.forget(mine) {
			return nil, ctx.Err()
		}
	}
	return sync.OnceFunc(func() { t.end(holder) }), nil
}

// give lets those begin that may. Called with mu held.
func (t *threads) give() {
	for t.taken < t.limit {
		next := -1
		for at, each := range t.waiting {
			if has := t.held[each.holder]; has < t.share && (next < 0 || has < t.held[t.waiting[next].holder]) {
				next = at
			}
		}
		if next < 0 {
			return
		}
		t.taken++
		t.held[t.waiting[next].holder]++
		close(t.waiting[next].given)
		t.waiting = slices.Delete(t.waiting, next, next+1)
	}
}

// forget takes one out that waits; false: it has its thread.
func (t *threads) forget(mine *waitsForThread) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	at := slices.Index(t.waiting, mine)
	if at < 0 {
		return false
	}
	t.waiting = slices.Delete(t.waiting, at, at+1)
	return true
}

func (t *threads) end(holder string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.taken--
	if t.held[holder]--; t.held[holder] == 0 {
		delete(t.held, holder)
	}
	t.give()
}

// FromDisk does what waits for a disk, of an answer that has begun: a handler has a thread until then.
func (r *Request) FromDisk(do func() error) error {
	release, err := r.takeThread()
	if err != nil {
		return err
	}
	defer release()
	return do()
}

func (r *Request) takeThread() (release func(), err error) {
	holder := r.Network()
	if session := r.session; session != nil {
		holder = session.ID
	}
	return r.site.threads.take(r.Context(), holder)
}
