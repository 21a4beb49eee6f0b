package fanout

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

var roomy = Limits{GroupBytes: 1 << 20, QueueItems: 100, QueueBytes: 1 << 20}

// publish gives the hub items from..to of ten bytes each; every item that every divides is a keyframe.
func publish(h *Hub[int], from, to, every int) {
	for n := from; n <= to; n++ {
		h.Publish(n, 10, n%every == 0)
	}
}

// read takes what is there without waiting.
func read(s *Subscription[int]) (items []int) {
	for {
		item, ok := s.take()
		if !ok {
			return items
		}
		items = append(items, item)
	}
}

func sequence(from, to int) (items []int) {
	for n := from; n <= to; n++ {
		items = append(items, n)
	}
	return items
}

func expect(t *testing.T, got, want []int) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
}

func TestNewSubscriberStartsAtTheNewestKeyframe(t *testing.T) {
	h := New[int](roomy)
	publish(h, 1, 25, 10)
	s := h.Subscribe()
	defer s.Close()
	expect(t, read(s), sequence(20, 25))
	publish(h, 26, 31, 10)
	expect(t, read(s), sequence(26, 31))
}

func TestAnEndedGroupGoesOnForThoseInItAndTakesNobodyNew(t *testing.T) {
	h := New[int](roomy)
	publish(h, 10, 12, 10)
	before := h.Subscribe()
	defer before.Close()
	expect(t, read(before), sequence(10, 12))
	h.EndGroup()
	after := h.Subscribe()
	defer after.Close()
	before.Restart()
	publish(h, 13, 15, 10)
	expect(t, read(before), sequence(13, 15))
	expect(t, read(after), nil)
	publish(h, 20, 21, 10)
	expect(t, read(before), sequence(20, 21))
	expect(t, read(after), sequence(20, 21))
	before.Restart()
	expect(t, read(before), sequence(20, 21))
	if h.Skipped() != 0 {
		t.Errorf("%d items are skipped", h.Skipped())
	}
}

func TestAHeldSubscriberGoesOnAtTheNewestKeyframeOnceThereIsSomethingNew(t *testing.T) {
	h := New[int](roomy)
	publish(h, 10, 12, 10)
	s, late := h.Subscribe(), h.Subscribe()
	defer s.Close()
	defer late.Close()
	expect(t, read(s), sequence(10, 12))
	s.Hold()
	late.Hold()
	s.Restart()
	expect(t, read(s), nil)
	expect(t, read(late), nil)
	publish(h, 13, 14, 10)
	expect(t, read(s), sequence(10, 14))
	expect(t, read(late), sequence(10, 14))
	s.Hold()
	publish(h, 20, 21, 10)
	expect(t, read(s), sequence(20, 21))
	s.Hold()
	h.EndGroup()
	publish(h, 22, 22, 10)
	expect(t, read(s), sequence(22, 22))
	if h.Skipped() != 0 {
		t.Errorf("%d items are skipped", h.Skipped())
	}
}

func TestTheSameItemsAreGivenAgainOnce(t *testing.T) {
	h := New[int](roomy)
	publish(h, 10, 12, 10)
	s := h.Subscribe()
	defer s.Close()
	expect(t, read(s), sequence(10, 12))
	s.Restart()
	expect(t, read(s), sequence(10, 12))
	s.Restart()
	expect(t, read(s), nil)
	publish(h, 13, 13, 10)
	expect(t, read(s), sequence(10, 13))
	s.Restart()
	expect(t, read(s), sequence(10, 13))
}

func TestNewSubscriberWaitsForTheFirstKeyframeWithoutSkips(t *testing.T) {
	h := New[int](roomy)
	publish(h, 1, 5, 10)
	s := h.Subscribe()
	defer s.Close()
	publish(h, 6, 9, 10)
	expect(t, read(s), nil)
	publish(h, 10, 12, 10)
	expect(t, read(s), sequence(10, 12))
	if h.Skipped() != 0 {
		t.Fatalf("%d items were counted as skipped", h.Skipped())
	}
}

func TestSubscriberGetsEveryItemWhileItKeepsUp(t *testing.T) {
	h := New[int](Limits{GroupBytes: 200, QueueItems: 8, QueueBytes: 1000})
	publish(h, 0, 0, 10)
	s := h.Subscribe()
	defer s.Close()
	got := read(s)
	for n := 1; n <= 500; n++ {
		publish(h, n, n, 10)
		if n%7 == 0 {
			got = append(got, read(s)...)
		}
	}
	expect(t, append(got, read(s)...), sequence(0, 500))
}

func TestSlowSubscriberSkipsToAKeyframeAndIsCounted(t *testing.T) {
	h := New[int](Limits{GroupBytes: 1000, QueueItems: 5, QueueBytes: 1000})
	publish(h, 0, 0, 10)
	s := h.Subscribe()
	defer s.Close()
	expect(t, read(s), sequence(0, 0))
	publish(h, 1, 23, 10)
	expect(t, read(s), sequence(20, 23))
	if h.Skipped() != 19 {
		t.Fatalf("skipped %d items, want 19", h.Skipped())
	}
}

func TestSlowSubscriberDoesNotAffectOthers(t *testing.T) {
	h := New[int](Limits{GroupBytes: 1000, QueueItems: 5, QueueBytes: 1000})
	publish(h, 0, 0, 10)
	slow, quick := h.Subscribe(), h.Subscribe()
	defer slow.Close()
	defer quick.Close()
	var got []int
	for n := 1; n <= 100; n++ {
		publish(h, n, n, 10)
		got = append(got, read(quick)...)
	}
	expect(t, got, sequence(0, 100))
}

func TestQueueIsBoundedInBytes(t *testing.T) {
	h := New[int](Limits{GroupBytes: 1000, QueueItems: 1000, QueueBytes: 100})
	publish(h, 0, 99, 10)
	if h.bytes > 100 {
		t.Fatalf("%d bytes are kept", h.bytes)
	}
}

func TestTooLargeGroupIsNotKeptForNewSubscribers(t *testing.T) {
	h := New[int](Limits{GroupBytes: 200, QueueItems: 1000, QueueBytes: 100})
	publish(h, 0, 0, 1000)
	early := h.Subscribe()
	defer early.Close()
	expect(t, read(early), sequence(0, 0))
	for n := 1; n < 100; n++ {
		publish(h, n, n, 1000)
		expect(t, read(early), sequence(n, n)) // who was there already goes on
	}
	if h.bytes > 200 {
		t.Fatalf("%d bytes are kept", h.bytes)
	}
	late := h.Subscribe()
	defer late.Close()
	expect(t, read(late), nil)
	publish(h, 1000, 1003, 1000)
	expect(t, read(late), sequence(1000, 1003))
	expect(t, read(early), sequence(1000, 1003))
}

func TestRestartGoesBackToTheCurrentGroup(t *testing.T) {
	h := New[int](roomy)
	publish(h, 0, 15, 10)
	s := h.Subscribe()
	defer s.Close()
	expect(t, read(s), sequence(10, 15))
	s.Restart()
	expect(t, read(s), sequence(10, 15))
	if h.Skipped() != 0 {
		t.Fatalf("%d items were counted as skipped", h.Skipped())
	}
}

func TestKeptItemsCanBeFound(t *testing.T) {
	h := New[int](Limits{GroupBytes: 1000, QueueItems: 20, QueueBytes: 1000})
	publish(h, 0, 95, 10)
	for n := range 100 {
		got, found := h.Find(func(item int) int { return n - item })
		if want := n >= 76 && n <= 95; found != want || (found && got != n) {
			t.Fatalf("item %d: got %d, %v", n, got, found)
		}
	}
}

func TestNextWaitsForAnItemAndEndsWithTheContext(t *testing.T) {
	h := New[int](roomy)
	s := h.Subscribe()
	defer s.Close()
	got := make(chan int)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	ended := make(chan error)
	go func() {
		for {
			item, err := s.Next(ctx)
			if err != nil {
				ended <- err
				return
			}
			got <- item
		}
	}()
	for n := range 5 {
		publish(h, n, n, 10)
		if item := <-got; item != n {
			t.Fatalf("got %d, want %d", item, n)
		}
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestClosedSubscriptionIsForgotten(t *testing.T) {
	h := New[int](roomy)
	a, b := h.Subscribe(), h.Subscribe()
	a.Close()
	a.Close()
	if len(h.subscribers) != 1 || h.subscribers[0] != b {
		t.Fatal("the wrong subscription is left")
	}
}

func TestPublishingAllocatesNothing(t *testing.T) {
	h := New[int](Limits{GroupBytes: 1000, QueueItems: 20, QueueBytes: 1000})
	s := h.Subscribe()
	defer s.Close()
	n := 0
	allocations := testing.AllocsPerRun(1000, func() {
		h.Publish(n, 10, n%10 == 0)
		n++
		s.take()
	})
	if allocations != 0 {
		t.Fatalf("%v allocations for each item", allocations)
	}
}
