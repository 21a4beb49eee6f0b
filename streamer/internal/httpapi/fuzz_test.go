package httpapi

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"petcam/streamer/internal/rtc"
	"petcam/streamer/internal/rtc/rtctest"
)

// enough is a maximum of viewers that those just leaving do not reach.
const enough = 10_000

// withViewers is the options of an API before a real WebRTC server.
func withViewers(f *testing.F) (Options, *rtc.Server) {
	options := optionsOf(&fake{})
	server, err := rtc.New(rtc.Options{Host: "127.0.0.1", MaxViewers: enough, Log: options.Log})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(server.Close)
	options.Viewers = server
	return options, server
}

// FuzzOffer sends SDP of any kind through the whole handler: it is answered or refused in JSON, never with an internal
// error.
func FuzzOffer(f *testing.F) {
	options, server := withViewers(f)
	f.Add(rtctest.New(f).Offer())
	f.Add(rtctest.New(f, rtctest.WithAudioFirst).Offer())
	f.Fuzz(func(t *testing.T, sdp string) {
		body, err := json.Marshal(description{Type: "offer", SDP: sdp})
		if err != nil {
			t.Fatal(err)
		}
		w := askOf(New(options), "POST", "/api/webrtc/offer", string(body), nil)
		server.EndSession("")
		told := map[int]string{200: "sdp", 400: "error", 413: "error"}[w.Code]
		if fields(t, w, w.Code)[told] == nil {
			t.Errorf("%d: %s", w.Code, w.Body)
		}
	})
}

// FuzzRequest sends bodies of any kind to each path by each method.
func FuzzRequest(f *testing.F) {
	options, server := withViewers(f)
	paths := []string{"/api/webrtc/offer", "/start", "/stop", "/status", "/sessions/end", "/metrics", "/health", "/", "/whep", "/whep/1"}
	methods := []string{"POST", "GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"}
	for path, body := range []string{offerBody, `{"filename":"cat"}`, `{}`, ``, `{"session":"s1"}`, `{"all":true}`, `[1]`, `null`, "v=0", "a=ice-ufrag:x"} {
		f.Add(uint8(path), uint8(0), "application/json", "", "camera:8081", body)
	}
	f.Add(uint8(0), uint8(3), "", "http://camera:8080", "[::1]:8081", "")
	f.Fuzz(func(t *testing.T, path, method uint8, kind, origin, host, body string) {
		r := httptest.NewRequest(methods[int(method)%len(methods)], paths[int(path)%len(paths)], strings.NewReader(body))
		r.RemoteAddr, r.Host = "127.0.0.1:40000", host
		r.Header = http.Header{"Content-Type": {kind}, "Origin": {origin}}
		w := httptest.NewRecorder()
		New(options).Handler.ServeHTTP(w, r)
		server.EndSession("")
		if w.Code < 200 || w.Code >= 500 {
			t.Errorf("%s %s: %d %s", r.Method, r.URL.Path, w.Code, w.Body)
		}
		if w.Code >= 400 {
			fields(t, w, w.Code)
		}
	})
}
