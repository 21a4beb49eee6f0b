package httpapi

import (
	"net/netip"
	"sync"

	"golang.org/x/time/rate"

	"petcam/streamer/internal/apierror"
)

// How many offers are heard, each second and at once. An offer costs a small board some ten milliseconds.
const (
	offersOfAll, burstOfAll = 20, 40
	offersOfOne, burstOfOne = 2, 10
	maxAddresses            = 1024 // that are remembered
)

// pace bounds the offers a second, of all and of each address. What comes from this machine has come through
// petcam-web, or is a program of its owner's: that is bounded for all together only.
type pace struct {
	all *rate.Limiter

	mu  sync.Mutex // guards one
	one map[netip.Addr]*rate.Limiter
}

func newPace() *pace {
	return &pace{all: rate.NewLimiter(offersOfAll, burstOfAll), one: map[netip.Addr]*rate.Limiter{}}
}

// of counts an offer of an address.
func (p *pace) of(address netip.Addr) error {
	if address.IsLoopback() || p.limiter(address).Allow() {
		return nil
	}
	return apierror.New(apierror.TooManyRequests, "this device has made too many offers; wait a moment")
}

// ofAll counts an offer that is going to be answered.
func (p *pace) ofAll() error {
	if p.all.Allow() {
		return nil
	}
	return apierror.New(apierror.TooManyRequests, "there are too many offers at once; wait a moment")
}

func (p *pace) limiter(address netip.Addr) *rate.Limiter {
	p.mu.Lock()
	defer p.mu.Unlock()
	found, known := p.one[address]
	if !known {
		p.forget()
		found = rate.NewLimiter(offersOfOne, burstOfOne)
		p.one[address] = found
	}
	return found
}

// forget makes room, first of those that have been quiet long enough to begin anew. Called with mu held.
func (p *pace) forget() {
	if len(p.one) < maxAddresses {
		return
	}
	for address, limiter := range p.one {
		if limiter.Tokens() >= burstOfOne {
			delete(p.one, address)
		}
	}
	if len(p.one) >= maxAddresses { // so many at a time are one attacker's
		clear(p.one)
	}
}
