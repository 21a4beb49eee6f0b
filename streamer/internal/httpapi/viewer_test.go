package httpapi

import (
	"fmt"
	"net/http"
	"testing"

	"petcam/streamer/internal/apierror"
)

// passedOn is how petcam-web passes an offer on.
func passedOn(viewer string) func(*http.Request) { return header(viewerHeader, viewer) }

func TestAnOfferThatPetcamWebPassesOnIsItsViewers(t *testing.T) {
	for said, want := range map[string]string{
		"192.0.2.7":         "192.0.2.7",
		"::ffff:192.0.2.7":  "192.0.2.7",
		"2001:db8::1":       "2001:db8::1",
		"fe80::1%eth0":      "fe80::1",
		"127.0.0.1":         "127.0.0.1",
		"":                  "127.0.0.1",
		"not an address":    "127.0.0.1",
		"192.0.2.7, 10.0.0": "127.0.0.1",
	} {
		f := &fake{}
		fields(t, ask(t, f, "POST", "/api/webrtc/offer", offerBody, passedOn(said)), 200)
		if f.client.Remote.String() != want {
			t.Errorf("%q: %v", said, f.client.Remote)
		}
	}
}

func TestNobodyButPetcamWebSaysWhoseOfferItIs(t *testing.T) {
	for name, change := range map[string]func(*http.Request){
		"another machine": from("192.0.2.1:9"),
		"a proxy":         header("X-Forwarded-For", "192.0.2.1"),
		"a page":          header("Origin", "http://camera:8080"),
	} {
		f := &fake{}
		fields(t, ask(t, f, "POST", "/api/webrtc/offer", offerBody, func(r *http.Request) {
			passedOn("198.51.100.1")(r)
			change(r)
		}), 200)
		if f.client.Remote.String() == "198.51.100.1" {
			t.Error(name)
		}
	}
}

func TestOffersThatPetcamWebPassesOnAreLimitedByTheirViewersNetwork(t *testing.T) {
	server := New(optionsOf(&fake{}))
	for n := range offerBurstOfNetwork {
		fields(t, askOf(server, "POST", "/api/webrtc/offer", offerBody, passedOn(fmt.Sprintf("2001:db8::%d", n))), 200)
	}
	w := askOf(server, "POST", "/api/webrtc/offer", offerBody, passedOn("2001:db8::ffff"))
	expectError(t, w, 429, apierror.TooManyRequests)
	fields(t, askOf(server, "POST", "/api/webrtc/offer", offerBody, passedOn("192.0.2.2")), 200)
}
