package httpapi

import (
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/offertoken"
	"petcam/streamer/internal/offertoken/offertokentest"
)

func testKey() []byte { return []byte(strings.Repeat("k", 32)) }

// withLogin is an API that asks for tokens.
func withLogin(t *testing.T, f *fake) *Server {
	t.Helper()
	options := optionsOf(f)
	options.Tokens = verifier(t)
	return New(options)
}

func verifier(t *testing.T) *offertoken.Verifier {
	t.Helper()
	directory := t.TempDir()
	if err := os.WriteFile(filepath.Join(directory, "token.key"), testKey(), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	return offertoken.New(offertoken.NewKey(directory, slog.New(slog.DiscardHandler)))
}

func bearer(token string) func(*http.Request) { return header("Authorization", "Bearer "+token) }

func forCamera(t *testing.T) string {
	return offertokentest.Make(t, testKey(), offertokentest.Claims{Host: "camera", Session: "mine"})
}

func TestOfferNeedsATokenAndUsesItUp(t *testing.T) {
	f := &fake{}
	server := withLogin(t, f)
	w := askOf(server, "POST", "/api/webrtc/offer", offerBody, header("Origin", "http://camera:8080"))
	expectError(t, w, 401, apierror.LoginRequired)
	if w.Header().Get("Access-Control-Allow-Origin") == "" {
		t.Error("the page cannot read that it must log in")
	}
	token := forCamera(t)
	fields(t, askOf(server, "POST", "/api/webrtc/offer", offerBody, bearer(token)), 200)
	if left := time.Until(f.client.Until); f.client.Session != "mine" || left < 59*time.Minute || left > time.Hour {
		t.Errorf("%+v", f.client)
	}
	f.offer = ""
	for name, change := range map[string]func(*http.Request){
		"again": bearer(token), "another scheme": header("Authorization", "Basic "+forCamera(t)),
		"nonsense": bearer("x"), "another host": func(r *http.Request) {
			bearer(forCamera(t))(r)
			r.Host = "evil.example:8081"
		},
	} {
		w := askOf(server, "POST", "/api/webrtc/offer", offerBody, change)
		expectError(t, w, 401, apierror.LoginRequired)
		if f.offer != "" || strings.Contains(w.Body.String(), "v1.") {
			t.Errorf("%s: %s", name, w.Body)
		}
	}
}

func TestTokenIsForTheHostOfTheRequestOrOfThePublicURL(t *testing.T) {
	server := withLogin(t, &fake{})
	for _, c := range []struct{ claimed, host string }{
		{"camera", "CAMERA:8081"}, {"fe80::1", "[fe80::1]:8081"}, {"pets.example", "127.0.0.1:8081"},
	} {
		token := offertokentest.Make(t, testKey(), offertokentest.Claims{Host: c.claimed})
		w := askOf(server, "POST", "/api/webrtc/offer", offerBody, func(r *http.Request) {
			r.Host = c.host
			bearer(token)(r)
		})
		if w.Code != 200 {
			t.Errorf("%v: %s", c, w.Body)
		}
	}
}

func TestTokensOfAnEndedSessionAreRefused(t *testing.T) {
	f := &fake{}
	server := withLogin(t, f)
	kept := forCamera(t)
	fields(t, askOf(server, "POST", "/sessions/end", `{"session":"mine"}`, nil), 200)
	expectError(t, askOf(server, "POST", "/api/webrtc/offer", offerBody, bearer(kept)), 401, apierror.LoginRequired)
}

func TestSessionThatEndsDuringNegotiationGetsNoStream(t *testing.T) {
	f := &fake{}
	server := withLogin(t, f)
	f.answering = func() { fields(t, askOf(server, "POST", "/sessions/end", `{"session":"mine"}`, nil), 200) }
	expectError(t, askOf(server, "POST", "/api/webrtc/offer", offerBody, bearer(forCamera(t))), 401, apierror.LoginRequired)
	if len(f.ended) != 2 || f.ended[1] != "mine" {
		t.Errorf("ended: %q", f.ended)
	}
}
