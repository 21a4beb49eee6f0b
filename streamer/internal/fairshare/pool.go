// Package fairshare bounds what other machines make the streamer hold at once: connections, requests and the bytes of
// both. It imports network.
//
// Over a bound no newcomer is refused: in a home network all devices share one IPv6 /64, the owner's phone too, so
// whoever fills a bound would shut everybody out. What is of least use gives way instead; see Pool.choose.
package fairshare

import (
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"petcam/streamer/internal/network"
)

// blockedAfter is how long a piece of an answer is on its way to somebody who does not take it.
const blockedAfter = time.Second

// Pool is what is held at once, of which the sizes have a bound in sum.
type Pool struct {
	limit, share int64
	free         int64         // of what this machine itself holds, so much does not count where the largest is looked for
	clock        atomic.Uint64 // counts what happens; orders what is of use by when it last was
	now          func() time.Time
	began        time.Time // when it was made: a wall clock that jumps does not change the time since

	mu         sync.Mutex // guards what follows
	total      int64
	holds      map[*Hold]struct{}
	perNetwork map[netip.Prefix]int64
}

// Hold is one thing that is held, for a network.
type Hold struct {
	pool    *Pool
	from    netip.Prefix
	giveWay func()
	latest  atomic.Uint64 // when it came, began or ended an answer, or a piece of an answer was taken
	giving  atomic.Int64  // since when a piece of an answer is on its way, in ns of the pool's time; 0: none is

	size      int64  // guarded by pool.mu, like what follows
	answering int    // the answers in progress
	session   string // whose the last request was; empty: of nobody who is logged in
}

// New makes a Pool of limit in sum. A network that holds at most share is not looked at by itself.
func New(limit, share int64) *Pool {
	return &Pool{
		limit: limit, share: share, now: time.Now, began: time.Now(),
		holds: map[*Hold]struct{}{}, perNetwork: map[netip.Prefix]int64{},
	}
}

// time is that of the pool, in ns; never 0.
func (p *Pool) time() int64 { return int64(p.now().Sub(p.began)) + 1 }

// Add takes a newcomer in. giveWay is called at most once, from another's goroutine and without a lock, after the hold
// has been taken out of the pool.
func (p *Pool) Add(from netip.Addr, size int64, giveWay func()) *Hold {
	return p.add(network.Of(from), size, giveWay)
}

func (p *Pool) add(from netip.Prefix, size int64, giveWay func()) *Hold {
	h := &Hold{pool: p, from: from, giveWay: giveWay}
	h.Touch()
	p.mu.Lock()
	p.holds[h] = struct{}{}
	p.resize(h, size)
	gone := p.makeRoom(h)
	p.mu.Unlock()
	end(gone)
	return h
}

// Full tells whether something must give way to the next newcomer.
func (p *Pool) Full() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.total >= p.limit
}

// GiveWay ends what is of least use, and tells whether there was anything.
func (p *Pool) GiveWay() bool {
	p.mu.Lock()
	victim := p.choose(nil)
	if victim != nil {
		p.remove(victim)
	}
	p.mu.Unlock()
	if victim != nil {
		victim.giveWay()
	}
	return victim != nil
}

// Grow makes a hold larger; false: it has given way.
func (h *Hold) Grow(size int64) bool {
	p := h.pool
	p.mu.Lock()
	if _, held := p.holds[h]; !held {
		p.mu.Unlock()
		return false
	}
	p.resize(h, size)
	gone := p.makeRoom(h)
	p.mu.Unlock()
	end(gone)
	return true
}

// Touch says that the hold is of use right now.
func (h *Hold) Touch() { h.latest.Store(h.pool.clock.Add(1)) }

// Giving says that a piece of an answer is on its way, Given that it was taken, or not.
func (h *Hold) Giving() { h.giving.Store(h.pool.time()) }

// Given: see Giving.
func (h *Hold) Given(taken bool) {
	h.giving.Store(0)
	if taken {
		h.Touch()
	}
}

// isBlocked tells whether an answer waits for its receiver, and not for us.
func (h *Hold) isBlocked(now int64) bool {
	since := h.giving.Load()
	return since != 0 && now-since >= int64(blockedAfter)
}

// Begin says that the answer to a request begins, End that it has ended.
func (h *Hold) Begin() { h.answer(1) }

// End: see Begin.
func (h *Hold) End() { h.answer(-1) }

func (h *Hold) answer(change int) {
	h.Touch()
	h.pool.mu.Lock()
	defer h.pool.mu.Unlock()
	h.answering += change
}

// letIn says whose the request is that the hold is for.
func (h *Hold) letIn(session string) {
	h.pool.mu.Lock()
	defer h.pool.mu.Unlock()
	h.session = session
}

// whose: see letIn.
func (h *Hold) whose() string {
	h.pool.mu.Lock()
	defer h.pool.mu.Unlock()
	return h.session
}

// Release takes the hold out of the pool; twice does no harm.
func (h *Hold) Release() {
	h.pool.mu.Lock()
	defer h.pool.mu.Unlock()
	h.pool.remove(h)
}

func end(gone []*Hold) {
	for _, each := range gone {
		each.giveWay()
	}
}

// makeRoom takes out what must give way to a newcomer. Called with mu held.
func (p *Pool) makeRoom(newcomer *Hold) (gone []*Hold) {
	for p.total > p.limit {
		victim := p.choose(newcomer)
		if victim == nil {
			break
		}
		p.remove(victim)
		gone = append(gone, victim)
	}
	return gone
}

// choose finds what is of least use: of the network that holds most, or of all where none holds more than its share, and
// of those, of the session that does, where all who are not logged in count as one.
// More than half of that may neither wait for a request nor be answered: a flood of either kind leaves the other alone.
// Of the kind that has more, the one goes that was of use longest ago: among those that wait the oldest, among the
// answers one that its receiver does not take, else the one of which longest nothing was taken. So a newcomer has time
// for a request, and a stream that is watched outlives those that are not. Nil: there is only the newcomer. Called with
// mu held.
func (p *Pool) choose(newcomer *Hold) *Hold {
	now := p.time()
	var waiting, blocked, answering candidates
	for _, h := range p.ofLargest(newcomer) {
		switch {
		case h.answering > 0 && h.isBlocked(now):
			blocked.add(h)
		case h.answering > 0:
			answering.add(h)
		default:
			waiting.add(h)
		}
	}
	switch {
	case waiting.size > blocked.size+answering.size:
		return waiting.stalest
	case blocked.stalest != nil:
		return blocked.stalest
	}
	return answering.stalest
}

// ofLargest are those among which one gives way, without the newcomer. Called with mu held.
func (p *Pool) ofLargest(newcomer *Hold) (all []*Hold) {
	most := p.largest()
	sessions := map[string]int64{}
	for h := range p.holds {
		if h != newcomer && (h.from == most || !most.IsValid() && h.from != ownMachine()) {
			all = append(all, h)
			sessions[h.session] += h.size
		}
	}
	largest := ""
	for each, size := range sessions {
		if size > sessions[largest] {
			largest = each
		}
	}
	return slices.DeleteFunc(all, func(h *Hold) bool { return h.session != largest })
}

// candidates are the holds of one kind that might give way.
type candidates struct {
	size    int64
	stalest *Hold
}

func (c *candidates) add(h *Hold) {
	c.size += h.size
	if c.stalest == nil || h.latest.Load() < c.stalest.latest.Load() {
		c.stalest = h
	}
}

// largest is the network that holds most; invalid: none holds more than its share. Called with mu held.
func (p *Pool) largest() (most netip.Prefix) {
	size := p.share
	for each, has := range p.perNetwork {
		if each == ownMachine() {
			has -= p.free
		}
		if has > size {
			most, size = each, has
		}
	}
	return most
}

// resize: called with mu held.
func (p *Pool) resize(h *Hold, by int64) {
	h.size += by
	p.total += by
	p.perNetwork[h.from] += by
	if p.perNetwork[h.from] == 0 {
		delete(p.perNetwork, h.from)
	}
}

// remove: called with mu held.
func (p *Pool) remove(h *Hold) {
	if _, held := p.holds[h]; held {
		delete(p.holds, h)
		p.resize(h, -h.size)
	}
}
