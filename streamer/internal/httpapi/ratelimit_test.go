package httpapi

import (
	"fmt"
	"net/http"
	"net/netip"
	"testing"

	"petcam/streamer/internal/apierror"
)

func from(address string) func(*http.Request) {
	return func(r *http.Request) { r.RemoteAddr = address }
}

func TestOffersOfOneAddressAreLimited(t *testing.T) {
	server := New(optionsOf(&fake{}))
	for range offerBurstOfNetwork {
		fields(t, askOf(server, "POST", "/api/webrtc/offer", offerBody, from("192.0.2.1:9")), 200)
	}
	w := askOf(server, "POST", "/api/webrtc/offer", offerBody, from("192.0.2.1:8"))
	expectError(t, w, 429, apierror.TooManyRequests)
	if w.Header().Get("Retry-After") == "" {
		t.Error(w.Header())
	}
	fields(t, askOf(server, "POST", "/api/webrtc/offer", offerBody, from("192.0.2.2:9")), 200)
}

func TestTheAddressesOfOneIPv6NetworkShareALimit(t *testing.T) {
	server := New(optionsOf(&fake{}))
	for n := range offerBurstOfNetwork {
		fields(t, askOf(server, "POST", "/api/webrtc/offer", offerBody, from(fmt.Sprintf("[2001:db8::%d]:9", n))), 200)
	}
	w := askOf(server, "POST", "/api/webrtc/offer", offerBody, from("[2001:db8::ffff]:9"))
	expectError(t, w, 429, apierror.TooManyRequests)
	fields(t, askOf(server, "POST", "/api/webrtc/offer", offerBody, from("[2001:db8:0:1::1]:9")), 200)
}

func TestOffersWithoutATokenDoNotCountAgainstThoseWithOne(t *testing.T) {
	server := withLogin(t, &fake{})
	for i := range 2 * offerBurst {
		w := askOf(server, "POST", "/api/webrtc/offer", offerBody, from(fmt.Sprintf("192.0.2.%d:9", i+1)))
		expectError(t, w, 401, apierror.LoginRequired)
	}
	fields(t, askOf(server, "POST", "/api/webrtc/offer", offerBody, bearer(forCamera(t))), 200)
}

func TestAllOffersTogetherAreLimited(t *testing.T) {
	server := New(optionsOf(&fake{}))
	refused := 0
	for range 2 * offerBurst {
		if w := askOf(server, "POST", "/api/webrtc/offer", offerBody, nil); w.Code == 429 {
			refused++
		}
	}
	if refused == 0 || refused > offerBurst {
		t.Errorf("%d of %d were refused", refused, 2*offerBurst)
	}
}

func TestTrackedNetworksAreBounded(t *testing.T) {
	l := newRateLimiter()
	address := netip.MustParseAddr("198.18.0.0")
	for range 3 * maxTrackedNetworks {
		_ = l.allowFrom(address)
		address = address.Next()
	}
	if len(l.perNetwork) > maxTrackedNetworks {
		t.Errorf("%d", len(l.perNetwork))
	}
}
