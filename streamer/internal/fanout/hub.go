// Package fanout passes the items of one publisher to many subscribers. It imports nothing of the streamer.
//
// The hub keeps one log of the newest items; a subscriber is a position in it. So publishing copies nothing, a slow
// subscriber costs nothing, and a new subscriber finds what it needs in it: the newest keyframe and all items after it.
// The hub has no goroutine: publishing wakes the subscribers, each reads in its own.
package fanout

import (
	"runtime"
	"sort"
	"sync"
)

// Limits bound what the hub keeps.
type Limits struct {
	GroupBytes int // of the newest keyframe and all items after it; a larger group is not kept for new subscribers
	QueueItems int // before that keyframe, for subscribers that are behind and for Find
	QueueBytes int
}

// Hub is the log of one publisher's items. Its zero value is not usable; see New.
type Hub[T any] struct {
	limits Limits

	// mu guards everything below, and the positions of the subscriptions.
	mu          sync.Mutex
	ring        []entry[T] // item n lies in ring[n mod len]; len is a power of two
	first, next uint64     // items first..next-1 are kept
	bytes       int        // of these
	group       uint64     // the newest keyframe, where started
	started     bool
	ended       bool // nobody begins at group any more
	skipped     uint64
	subscribers []*Subscription[T]
}

type entry[T any] struct {
	item T
	size int
}

// New makes an empty hub.
func New[T any](limits Limits) *Hub[T] {
	return &Hub[T]{limits: limits, ring: make([]entry[T], 64)}
}

// Publish appends item, which stands for size bytes, and wakes the subscribers. It never waits for one, but yields to
// those that were woken: the publisher's next sleep is in the kernel, which Go takes some 100 µs to notice.
func (h *Hub[T]) Publish(item T, size int, keyframe bool) {
	if h.append(item, size, keyframe) > 0 {
		runtime.Gosched()
	}
}

// append returns how many subscribers it has woken.
func (h *Hub[T]) append(item T, size int, keyframe bool) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.next-h.first == uint64(len(h.ring)) {
		h.grow()
	}
	if keyframe {
		h.group, h.started, h.ended = h.next, true, false
	}
	*h.at(h.next) = entry[T]{item, size}
	h.next++
	h.bytes += size
	for h.overfull() {
		h.evict()
	}
	for _, s := range h.subscribers {
		s.notify()
	}
	return len(h.subscribers)
}

// EndGroup has new subscribers wait for the next keyframe. Those that have begun go on.
func (h *Hub[T]) EndGroup() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = true
}

// Clear forgets all items. Who has subscribed goes on with what comes.
func (h *Hub[T]) Clear() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.first < h.next {
		h.evict()
	}
	h.started = false
}

// Subscribe begins at the newest keyframe, unless its group was ended. The caller must Close the subscription.
func (h *Hub[T]) Subscribe() *Subscription[T] {
	s := &Subscription[T]{hub: h, wakeup: make(chan struct{}, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	s.start()
	h.subscribers = append(h.subscribers, s)
	return s
}

// Find looks for a kept item by binary search: compare tells whether what is sought comes before (< 0) or
// after (> 0) the item it is given, or is that item (0).
func (h *Hub[T]) Find(compare func(T) int) (item T, found bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	i, found := sort.Find(int(h.next-h.first), func(i int) int {
		return compare(h.at(h.first + uint64(i)).item)
	})
	if found {
		item = h.at(h.first + uint64(i)).item
	}
	return item, found
}

// Skipped is how many items all subscribers together have missed because they fell behind.
func (h *Hub[T]) Skipped() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.skipped
}

func (h *Hub[T]) at(n uint64) *entry[T] { return &h.ring[n&uint64(len(h.ring)-1)] }

func (h *Hub[T]) grow() {
	larger := make([]entry[T], 2*len(h.ring))
	for n := h.first; n < h.next; n++ {
		larger[n&uint64(len(larger)-1)] = *h.at(n)
	}
	h.ring = larger
}

// overfull tells whether the oldest item has to go. The queue's limits hold while anything older than the current
// group is kept, the group's own limit after that.
func (h *Hub[T]) overfull() bool {
	if h.started && h.first >= h.group {
		return h.bytes > h.limits.GroupBytes
	}
	return h.next-h.first > uint64(h.limits.QueueItems) || h.bytes > h.limits.QueueBytes
}

func (h *Hub[T]) evict() {
	if h.first == h.group {
		h.started = false // no subscriber can begin here any more
	}
	oldest := h.at(h.first)
	h.bytes -= oldest.size
	*oldest = entry[T]{}
	h.first++
}
