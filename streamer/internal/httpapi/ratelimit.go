package httpapi

import (
	"net/netip"
	"sync"

	"golang.org/x/time/rate"

	"petcam/streamer/internal/apierror"
)

// How many offers are accepted, per second and in a burst. An offer costs a small board some ten milliseconds.
const (
	offersPerSecond, offerBurst                   = 20, 40
	offersPerSecondOfAddress, offerBurstOfAddress = 2, 10
	maxTrackedAddresses                           = 1024 // whose rate is tracked at a time
)

// rateLimiter bounds the offers per second, of all and of each address. Offers from this machine come through
// petcam-web or from its owner's programs: they count for all together only.
type rateLimiter struct {
	all *rate.Limiter

	mu         sync.Mutex // guards one
	perAddress map[netip.Addr]*rate.Limiter
}

func newRateLimiter() *rateLimiter {
	return &rateLimiter{all: rate.NewLimiter(offersPerSecond, offerBurst), perAddress: map[netip.Addr]*rate.Limiter{}}
}

// allowFrom counts an offer of an address, and fails with TooManyRequests.
func (l *rateLimiter) allowFrom(address netip.Addr) error {
	if address.IsLoopback() || l.limiterOf(address).Allow() {
		return nil
	}
	return apierror.New(apierror.TooManyRequests, "this device has made too many offers; wait a moment")
}

// allow counts an offer that is going to be answered, and fails with TooManyRequests.
func (l *rateLimiter) allow() error {
	if l.all.Allow() {
		return nil
	}
	return apierror.New(apierror.TooManyRequests, "there are too many offers at once; wait a moment")
}

func (l *rateLimiter) limiterOf(address netip.Addr) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	found, known := l.perAddress[address]
	if !known {
		l.forget()
		found = rate.NewLimiter(offersPerSecondOfAddress, offerBurstOfAddress)
		l.perAddress[address] = found
	}
	return found
}

// forget makes room for an address, first by dropping those whose burst is full again. Called with mu held.
func (l *rateLimiter) forget() {
	if len(l.perAddress) < maxTrackedAddresses {
		return
	}
	for address, limiter := range l.perAddress {
		if limiter.Tokens() >= offerBurstOfAddress {
			delete(l.perAddress, address)
		}
	}
	if len(l.perAddress) >= maxTrackedAddresses { // so many active addresses are an attack
		clear(l.perAddress)
	}
}
