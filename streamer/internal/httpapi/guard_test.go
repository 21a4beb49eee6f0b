package httpapi

import (
	"net/http"
	"testing"

	"petcam/streamer/internal/apierror"
)

func TestUnknownHostNamesAreRefused(t *testing.T) {
	for host, good := range map[string]bool{
		"camera:8081": true, "camera.LOCAL.:8081": true, "localhost": true, "203.0.113.9:8081": true, "[2001:db8::1]:8081": true,
		"PETS.example": true, "": true, "evil.example:8081": false, "pets.example.evil.example": false, "camera.local.evil.example": false,
		"127.0.0.1.evil.example:8081": false, "[::1].evil.example": false, "a b.c": false,
	} {
		for path, method := range map[string]string{"/api/webrtc/offer": "POST", "/status": "GET", "/metrics": "GET"} {
			w := ask(t, &fake{}, method, path, offerBody, func(r *http.Request) { r.Host = host })
			if (w.Code == 200) != good || (!good && w.Code != 403) {
				t.Errorf("%s %s: %d", host, path, w.Code)
			}
		}
	}
}

func TestControlIsForThisMachineOnly(t *testing.T) {
	changes := map[string]func(*http.Request){
		"LAN":         func(r *http.Request) { r.RemoteAddr = "192.168.1.20:4000" },
		"rebound":     func(r *http.Request) { r.Host = "evil.example:8081" },
		"IPv6":        func(r *http.Request) { r.RemoteAddr = "[2001:db8::1]:4000" },
		"mapped":      func(r *http.Request) { r.RemoteAddr = "[::ffff:192.168.1.20]:4000" },
		"no address":  func(r *http.Request) { r.RemoteAddr = "@" },
		"proxy":       header("X-Forwarded-For", "127.0.0.1"),
		"new proxy":   header("Forwarded", "for=127.0.0.1"),
		"page":        header("Origin", "http://evil.example"),
		"petcam page": header("Origin", "http://camera:8080"),
	}
	bodies := map[string]string{"/sessions/end": `{"all":true}`}
	for path, method := range map[string]string{"/start": "POST", "/stop": "POST", "/status": "GET", "/metrics": "GET", "/sessions/end": "POST", "/keep": "POST"} {
		for name, change := range changes {
			f := &fake{}
			w := ask(t, f, method, path, "", change)
			if w.Code != 403 {
				t.Errorf("%s %s: %d", name, path, w.Code)
			}
			expectError(t, w, 403, apierror.Forbidden)
		}
		for _, local := range []string{"127.0.0.1:9", "127.8.8.8:9", "[::1]:9", "[::ffff:127.0.0.1]:9"} {
			if w := ask(t, &fake{}, method, path, bodies[path], func(r *http.Request) { r.RemoteAddr = local }); w.Code != 200 {
				t.Errorf("%s %s: %d", local, path, w.Code)
			}
		}
	}
}

func TestOnlyPetcamsOwnPageMayMakeOffers(t *testing.T) {
	for _, c := range []struct {
		host, origin string
		good         bool
	}{
		{"camera:8081", "", true}, // no browser
		{"camera:8081", "http://camera:8080", true},
		{"camera:8081", "https://camera:8080", true},
		{"CAMERA.local:8081", "http://camera.local:8080", true},
		{"192.168.1.5:8081", "http://192.168.1.5:8080", true},
		{"[fe80::1]:8081", "http://[fe80::1]:8080", true},
		{"[fe80::1]", "http://[fe80::1]:8080", true},
		{"127.0.0.1:9999", "https://pets.example", true}, // behind the reverse proxy
		{"camera:8081", "http://camera:8081", false},
		{"camera:8081", "http://camera", false},
		{"camera:8081", "http://evil.example:8080", false},
		{"camera:8081", "http://camera.evil.example:8080", false},
		{"camera:8081", "ftp://camera:8080", false},
		{"camera:8081", "http://pets.example", false},
		{"camera:8081", "null", false},
		{"camera:8081", "://", false},
		{"camera:8081", "camera:8080", false},
	} {
		for _, method := range []string{"POST", "OPTIONS"} {
			w := ask(t, &fake{}, method, "/api/webrtc/offer", offerBody, func(r *http.Request) {
				r.Host = c.host
				if c.origin != "" {
					r.Header.Set("Origin", c.origin)
				}
			})
			allow := w.Header().Get("Access-Control-Allow-Origin")
			if (w.Code < 300) != c.good || (c.good && allow != c.origin) || (!c.good && allow != "") {
				t.Errorf("%s %+v: %d, allows %q", method, c, w.Code, allow)
			}
		}
	}
}

func TestPreflightAllowsAJSONPost(t *testing.T) {
	w := ask(t, &fake{}, "OPTIONS", "/api/webrtc/offer", "", header("Origin", "http://camera:8080"))
	if w.Code != 204 || w.Header().Get("Access-Control-Allow-Methods") != "POST" ||
		w.Header().Get("Access-Control-Allow-Headers") != "Authorization, Content-Type" || w.Header().Get("Vary") != "Origin" {
		t.Fatal(w.Code, w.Header())
	}
}

func TestPageMayReadTheErrorOfItsOffer(t *testing.T) {
	w := ask(t, &fake{err: apierror.New(apierror.TooManyViewers, "full")}, "POST", "/api/webrtc/offer", offerBody,
		header("Origin", "http://camera:8080"))
	expectError(t, w, 503, apierror.TooManyViewers)
	if w.Header().Get("Access-Control-Allow-Origin") != "http://camera:8080" ||
		w.Header().Get("Access-Control-Expose-Headers") != "Retry-After" || w.Header().Get("Retry-After") != "10" {
		t.Fatal(w.Header())
	}
}
