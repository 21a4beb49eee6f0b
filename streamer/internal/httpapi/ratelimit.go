package httpapi

import (
	"net/netip"
	"sync"

	"golang.org/x/time/rate"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/network"
)

// How many offers are accepted, per second and in a burst. An offer costs a small board some ten milliseconds.
const (
	offersPerSecond, offerBurst                   = 20, 40
	offersPerSecondOfNetwork, offerBurstOfNetwork = 2, 10
	maxTrackedNetworks                            = 1024 // whose rate is tracked at a time
)

// rateLimiter bounds the offers per second, of all and of each network. Offers from this machine itself are its owner's:
// they count for all together only. Those that petcam-web passes on count for its viewer's network.
type rateLimiter struct {
	all *rate.Limiter

	mu         sync.Mutex // guards one
	perNetwork map[netip.Prefix]*rate.Limiter
}

func newRateLimiter() *rateLimiter {
	return &rateLimiter{all: rate.NewLimiter(offersPerSecond, offerBurst), perNetwork: map[netip.Prefix]*rate.Limiter{}}
}

// allowFrom counts an offer of an address, or of its network, and fails with TooManyRequests.
func (l *rateLimiter) allowFrom(address netip.Addr) error {
	if address.IsLoopback() || l.limiterOf(network.Of(address)).Allow() {
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

func (l *rateLimiter) limiterOf(from netip.Prefix) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	found, known := l.perNetwork[from]
	if !known {
		l.forget()
		found = rate.NewLimiter(offersPerSecondOfNetwork, offerBurstOfNetwork)
		l.perNetwork[from] = found
	}
	return found
}

// forget makes room for a network, first by dropping those whose burst is full again. Called with mu held.
func (l *rateLimiter) forget() {
	if len(l.perNetwork) < maxTrackedNetworks {
		return
	}
	for each, limiter := range l.perNetwork {
		if limiter.Tokens() >= offerBurstOfNetwork {
			delete(l.perNetwork, each)
		}
	}
	if len(l.perNetwork) >= maxTrackedNetworks { // so many active networks are an attack
		clear(l.perNetwork)
	}
}
