package access

import (
	"container/list"
	"log/slog"
	"math"
	"sync"
	"time"
)

const (
	maxTriesWithoutPause  = 3
	maxPause              = 30 * time.Second
	forgetAfter           = time.Hour // after a client's latest pause, its wrong tries are forgotten
	maxRememberedClients  = 1000      // then the one whose latest try is oldest is forgotten
	maxConcurrentChecks   = 3
	maxUnknownTries       = 30  // size of the bucket that all unknown clients share
	unknownTriesPerSecond = 1.0 // rate at which it is refilled
)

// Throttle slows down the guessing of passwords, per client and for all unknown clients together.
//
// Each client that tries too often has to pause; the pause doubles with each wrong try and ends by itself. A client is
// unknown where its browser was never let in: it is counted by its address, and shares a token bucket with all others. A
// browser that was let in before is counted apart from them, so that a flood of tries, from one address or from thousands,
// does not lock the owner's own phone out. Only the owner's password makes a client's wrong tries forgotten: the viewers'
// gives no further guesses at the owner's. Safe for goroutines.
type Throttle struct {
	now func() time.Time
	log *slog.Logger

	mu               sync.Mutex // guards all below
	failures         map[string]*list.Element
	order            *list.List // of *failure, the oldest first
	checking         int
	unknownTriesLeft float64
	countedAt        time.Time
}

// failure is what a client has tried.
type failure struct {
	client    string
	count     int
	notBefore time.Time
}

// NewThrottle takes time.Now, whose steps back and forth count nothing.
func NewThrottle(now func() time.Time, log *slog.Logger) *Throttle {
	return &Throttle{now: now, log: log, failures: map[string]*list.Element{}, order: list.New(), unknownTriesLeft: maxUnknownTries, countedAt: now()}
}

// Begin gives 0 where the client may try now (then call End), else how long to wait. A try counts as wrong until End says
// otherwise, so that trying many at once does not avoid the pause.
func (t *Throttle) Begin(client string, unknown bool) (wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	t.unknownTriesLeft = min(maxUnknownTries, t.unknownTriesLeft+now.Sub(t.countedAt).Seconds()*unknownTriesPerSecond)
	t.countedAt = now
	count, notBefore := 0, now
	if element, has := t.failures[client]; has {
		before := element.Value.(*failure)
		count, notBefore = before.count, before.notBefore
	}
	switch {
	case notBefore.After(now):
		return notBefore.Sub(now)
	case now.Sub(notBefore) >= forgetAfter:
		count = 0
	}
	if t.checking >= maxConcurrentChecks || unknown && t.unknownTriesLeft < 1 {
		return time.Second
	}
	if unknown {
		t.unknownTriesLeft--
	}
	t.checking++
	t.count(client, count+1, now)
	return 0
}

// End takes the try back where it was correct, and asOwner with it all tries of the client.
func (t *Throttle) End(client string, correct, unknown, asOwner bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.checking--
	if !correct {
		return
	}
	if unknown {
		t.unknownTriesLeft++
	}
	element, has := t.failures[client]
	if !has {
		return
	}
	before := t.forget(element)
	if !asOwner && before.count > 1 {
		t.remember(&failure{client, before.count - 1, before.notBefore})
	}
}

// count is called with mu held.
func (t *Throttle) count(client string, count int, now time.Time) {
	excess, pause := count-maxTriesWithoutPause, time.Duration(0)
	if excess > 0 {
		pause = min(maxPause, time.Duration(math.Exp2(float64(min(excess, 10))))*time.Second)
	}
	if element, has := t.failures[client]; has {
		t.forget(element)
	}
	t.remember(&failure{client, count, now.Add(pause)})
	if t.order.Len() > maxRememberedClients {
		t.forget(t.order.Front())
	}
	if excess == 1 {
		t.log.Warn("wrong passwords: slowed down", "from", client)
	}
}

func (t *Throttle) remember(f *failure) { t.failures[f.client] = t.order.PushBack(f) }

func (t *Throttle) forget(element *list.Element) *failure {
	gone := t.order.Remove(element).(*failure)
	delete(t.failures, gone.client)
	return gone
}
