package fairshare

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"
)

// testPool notes who gives way.
type testPool struct {
	*Pool
	gone []string
}

func newTestPool(limit, share int64) *testPool { return &testPool{Pool: New(limit, share)} }

// hold adds a hold of size 1 that is called name.
func (p *testPool) hold(name, from string) *Hold {
	return p.Add(netip.MustParseAddr(from), 1, func() { p.gone = append(p.gone, name) })
}

// fill adds n holds for addresses that format makes of a number.
func (p *testPool) fill(n int, format string) (all []*Hold) {
	for i := range n {
		all = append(all, p.hold("flood", fmt.Sprintf(format, i+1)))
	}
	return all
}

func (p *testPool) expectGone(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(p.gone, want) {
		t.Errorf("%q gave way, not %q", p.gone, want)
	}
	p.gone = nil
}

// expectOnlyFloodGone checks that others did not give way.
func (p *testPool) expectOnlyFloodGone(t *testing.T) {
	t.Helper()
	if len(p.gone) == 0 {
		t.Error("nothing gave way")
	}
	if slices.ContainsFunc(p.gone, func(name string) bool { return name != "flood" }) {
		t.Errorf("%q gave way", p.gone)
	}
}

func TestTheNetworkThatHoldsMostGivesWayWithItsOldest(t *testing.T) {
	p := newTestPool(6, 1)
	p.hold("phone", "192.0.2.9")
	p.hold("first", "2001:db8::1")
	p.hold("second", "2001:db8::2")
	p.fill(3, "2001:db8::1:%d")
	p.expectGone(t)
	p.hold("tablet", "192.0.2.8")
	p.hold("flood", "2001:db8::3")
	p.expectGone(t, "first", "second")
}

func TestFloodFromOneNetworkLeavesANewcomerOfItTime(t *testing.T) {
	p := newTestPool(100, 10)
	p.fill(300, "2001:db8::%d")
	honest := p.hold("phone", "2001:db8::ffff")
	p.fill(90, "2001:db8::1:%d")
	honest.Begin()
	p.fill(300, "2001:db8::2:%d")
	p.expectOnlyFloodGone(t)
}

func TestFloodFromManyNetworksLeavesNewcomersTimeAndStreamsGoOn(t *testing.T) {
	p := newTestPool(100, 10)
	stream := p.hold("stream", "192.0.2.9")
	stream.Begin()
	for range 5 { // the house holds more than each network of the flood
		p.hold("idle", "192.0.2.9")
	}
	for n := range 300 {
		p.hold("flood", fmt.Sprintf("2001:db8:%x::1", n))
		stream.Touch()
	}
	p.hold("phone", "192.0.2.9")
	for n := range 80 {
		p.hold("flood", fmt.Sprintf("2001:db8:1:%x::1", n))
	}
	for _, name := range []string{"stream", "phone"} {
		if slices.Contains(p.gone, name) {
			t.Errorf("the %s gave way", name)
		}
	}
}

func TestFloodOfAnswersThatNobodyTakesEndsNeitherStreamsNorNewcomers(t *testing.T) {
	p := newTestPool(100, 10)
	stream := p.hold("stream", "2001:db8::ffff")
	stream.Begin()
	for n := range 200 {
		p.hold("flood", fmt.Sprintf("2001:db8::%x", n)).Begin()
		stream.Touch()
	}
	p.hold("phone", "2001:db8::fffe")
	for n := range 200 {
		p.hold("flood", fmt.Sprintf("2001:db8::1:%x", n)).Begin()
		stream.Touch()
	}
	p.expectOnlyFloodGone(t)
}

func TestAnswersThatNobodyTakesGiveWayBeforeThoseThatWaitForUs(t *testing.T) {
	p := newTestPool(3, 10)
	now := time.Unix(1, 0)
	p.now = func() time.Time { return now }
	p.hold("waits for us", "192.0.2.1").Begin()
	for _, name := range []string{"not taken", "on its way"} {
		h := p.hold(name, "192.0.2.2")
		h.Begin()
		h.Giving()
		now = now.Add(blockedAfter / 2)
	}
	now = now.Add(blockedAfter / 4)
	p.hold("new", "192.0.2.3").Begin()
	p.expectGone(t, "not taken")
}

func TestOneThatGrowsMakesOthersGiveWay(t *testing.T) {
	p := newTestPool(10, 5)
	small := p.hold("small", "192.0.2.1")
	large := p.hold("large", "192.0.2.2")
	if !large.Grow(7) || !small.Grow(5) {
		t.Error("one that may grow gave way")
	}
	p.expectGone(t, "large")
	if large.Grow(1) {
		t.Error("one that gave way grows")
	}
	small.Release()
	large.Release()
	if p.total != 0 || len(p.perNetwork) != 0 || len(p.holds) != 0 {
		t.Errorf("%d are left of %d networks", p.total, len(p.perNetwork))
	}
}
