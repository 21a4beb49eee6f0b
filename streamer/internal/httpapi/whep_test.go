package httpapi

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"petcam/streamer/internal/apierror"
)

// viewing knows the token "good" until it is revoked.
type viewing struct{ revoked bool }

func (v *viewing) Accept(token string) (string, error) {
	if token != "good" || v.revoked {
		return "", errors.New("unknown")
	}
	return "3f9a0c12", nil
}
func (v *viewing) IsValid(id string) bool { return id == "3f9a0c12" && !v.revoked }

// withViewingTokens is an API whose WHEP asks for a token.
func withViewingTokens(t *testing.T, f *fake) (*Server, *viewing) {
	t.Helper()
	tokens := &viewing{}
	options := optionsOf(f)
	options.Viewing = tokens
	options.ICE = []string{"stun:192.0.2.1:3478", "turn:192.0.2.2"}
	return New(options), tokens
}

// whepRequest is a WHEP request with the token "good"; headers come in pairs, an empty one is left out.
func whepRequest(headers ...string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Authorization", "Bearer good")
		r.Header.Del("Content-Type")
		for i := 0; i < len(headers); i += 2 {
			if r.Header.Set(headers[i], headers[i+1]); headers[i+1] == "" {
				r.Header.Del(headers[i])
			}
		}
	}
}

func postWhep(server *Server, headers ...string) *httptest.ResponseRecorder {
	return askOf(server, "POST", "/whep", "v=0 offer", whepRequest(append([]string{"Content-Type", "application/sdp"}, headers...)...))
}

func TestWhepOfferMakesASession(t *testing.T) {
	f := &fake{}
	server, _ := withViewingTokens(t, f)
	w := postWhep(server)
	h := w.Header()
	if w.Code != 201 || w.Body.String() != "the answer" || h.Get("Content-Type") != "application/sdp" || f.offer != "v=0 offer" {
		t.Fatal(w.Code, w.Body, h)
	}
	if f.client.Session != "token 3f9a0c12" || len(f.client.ID) < 26 || !f.client.Until.IsZero() {
		t.Errorf("%+v", f.client)
	}
	if h.Get("Location") != "/whep/"+f.client.ID || h.Get("ETag") != `"`+f.client.ID+`"` || h.Get("Accept-Patch") != "application/trickle-ice-sdpfrag" {
		t.Error(h)
	}
	if links := h.Values("Link"); !slices.Equal(links, []string{`<stun:192.0.2.1:3478>; rel="ice-server"`, `<turn:192.0.2.2>; rel="ice-server"`}) {
		t.Errorf("%q", links)
	}
	first := f.client.ID
	if postWhep(server); f.client.ID == first {
		t.Error("two sessions have one id")
	}
}

func TestWhepNeedsAViewingToken(t *testing.T) {
	f := &fake{}
	server, tokens := withViewingTokens(t, f)
	postWhep(server)
	at := "/whep/" + f.client.ID
	f.offer = ""
	expectRefusal := func(name string, headers ...string) {
		t.Helper()
		for _, c := range [][2]string{{"POST", "/whep"}, {"PATCH", at}, {"DELETE", at}} {
			w := askOf(server, c[0], c[1], "v=0", whepRequest(append([]string{"Content-Type", "application/sdp"}, headers...)...))
			expectError(t, w, 401, apierror.LoginRequired)
			if w.Header().Get("WWW-Authenticate") != `Bearer realm="petcam"` || f.offer != "" || f.asked != nil {
				t.Errorf("%s, %s: %v, %q", c, name, w.Header(), f.asked)
			}
		}
	}
	expectRefusal("none", "Authorization", "")
	expectRefusal("another", "Authorization", "Bearer bad")
	expectRefusal("another scheme", "Authorization", "Token good")
	expectRefusal("as the user's name", "Authorization", "Basic Z29vZDpiYWQ=")
	expectRefusal("an offer's", "Authorization", "Bearer "+forCamera(t))
	tokens.revoked = true
	expectRefusal("revoked")
	w := postWhep(server, "Origin", "http://evil.example")
	expectError(t, w, 403, apierror.Forbidden)
}

func TestViewingTokenMayComeAsAPassword(t *testing.T) {
	server, _ := withViewingTokens(t, &fake{})
	if w := postWhep(server, "Authorization", "Basic cGV0Y2FtOmdvb2Q="); w.Code != 201 {
		t.Error(w.Code, w.Body)
	}
}

func TestViewingTokenIsNoOfferToken(t *testing.T) {
	f := &fake{}
	options := optionsOf(f)
	options.Viewing = &viewing{}
	options.Tokens = verifier(t)
	w := askOf(New(options), "POST", "/api/webrtc/offer", offerBody, whepRequest("Content-Type", "application/json"))
	expectError(t, w, 401, apierror.LoginRequired)
}

func TestTokenThatIsRevokedDuringNegotiationGetsNoStream(t *testing.T) {
	f := &fake{}
	server, tokens := withViewingTokens(t, f)
	f.answering = func() { tokens.revoked = true }
	expectError(t, postWhep(server), 401, apierror.LoginRequired)
	if !slices.Equal(f.ended, []string{"token 3f9a0c12"}) {
		t.Errorf("ended: %q", f.ended)
	}
}

func TestWhepNeedsNoTokenWithoutLogin(t *testing.T) {
	f := &fake{}
	server := New(optionsOf(f))
	if w := postWhep(server, "Authorization", ""); w.Code != 201 || f.client.Session != "" {
		t.Fatal(w.Code, f.client)
	}
	if w := askOf(server, "DELETE", "/whep/"+f.client.ID, "", nil); w.Code != 200 {
		t.Error(w.Code)
	}
	expectError(t, askOf(server, "POST", "/whep", "v=0", func(r *http.Request) { r.Host = "rebound.example" }), 403, apierror.Forbidden)
}

func TestBadWhepOffersAreRefused(t *testing.T) {
	for _, c := range []struct {
		body, kind string
		err        error
		status     int
		code       apierror.Code
	}{
		{"v=0", "application/json", nil, 415, apierror.UnsupportedMedia},
		{"v=0", "", nil, 415, apierror.UnsupportedMedia},
		{strings.Repeat("a", 64<<10+1), "application/sdp", nil, 413, apierror.TooLarge},
		{"", "application/sdp", apierror.New(apierror.BadOffer, "no SDP"), 400, apierror.BadOffer},
		{"v=0", "application/sdp; charset=utf-8", apierror.New(apierror.TooManyViewers, "full"), 503, apierror.TooManyViewers},
	} {
		f := &fake{err: c.err}
		server, _ := withViewingTokens(t, f)
		w := askOf(server, "POST", "/whep", c.body, whepRequest("Content-Type", c.kind))
		expectError(t, w, c.status, c.code)
		if (w.Header().Get("Retry-After") != "") != (c.status == 503) || w.Header().Get("Location") != "" {
			t.Error(c.status, w.Header())
		}
	}
}

func TestWhepOffersAreLimited(t *testing.T) {
	server, _ := withViewingTokens(t, &fake{})
	for range offerBurstOfNetwork {
		askOf(server, "POST", "/whep", "v=0", func(r *http.Request) { whepRequest("Authorization", "Bearer bad")(r); from("192.168.7.20:9")(r) })
	}
	w := askOf(server, "POST", "/whep", "v=0", func(r *http.Request) { whepRequest()(r); from("192.168.7.20:9")(r) })
	expectError(t, w, 429, apierror.TooManyRequests)
}

func TestTrickledCandidatesGoToTheSessionInTheirPath(t *testing.T) {
	f := &fake{}
	server, _ := withViewingTokens(t, f)
	id := "SESSION"
	patch := func(headers ...string) *httptest.ResponseRecorder {
		all := append([]string{"Content-Type", "application/trickle-ice-sdpfrag", "If-Match", `"SESSION"`}, headers...)
		return askOf(server, "PATCH", "/whep/"+id, "a=ice-ufrag:x", whepRequest(all...))
	}
	if w := patch(); w.Code != 204 || w.Header().Get("ETag") != "" ||
		!slices.Equal(f.asked, []string{"trickle", id, "token 3f9a0c12", "a=ice-ufrag:x"}) {
		t.Error(w.Code, w.Header(), f.asked)
	}
	f.asked = nil
	expectError(t, patch("If-Match", ""), 428, apierror.PreconditionRequired)
	expectError(t, patch("If-Match", `"OTHER"`), 412, apierror.PreconditionFailed)
	expectError(t, patch("If-Match", "*"), 422, apierror.NotPossible)
	expectError(t, patch("Content-Type", "application/sdp"), 415, apierror.UnsupportedMedia)
	if f.asked != nil {
		t.Errorf("%q", f.asked)
	}
	f.err = apierror.New(apierror.NotFound, "gone")
	expectError(t, patch(), 404, apierror.NotFound)
}

func TestDeleteEndsTheSession(t *testing.T) {
	f := &fake{}
	server, _ := withViewingTokens(t, f)
	location := postWhep(server).Header().Get("Location")
	if w := askOf(server, "DELETE", location, "", whepRequest("If-Match", "whatever")); w.Code != 200 || w.Body.Len() != 0 ||
		!slices.Equal(f.asked, []string{"end", f.client.ID, "token 3f9a0c12"}) {
		t.Error(w.Code, w.Body, f.asked)
	}
	expectError(t, askOf(server, "DELETE", "/whep/ANOTHER", "", whepRequest()), 404, apierror.NotFound)
}

func TestWhepIsShownToPlayersButNotToForeignPages(t *testing.T) {
	server, _ := withViewingTokens(t, &fake{})
	for _, method := range []string{"GET", "HEAD"} {
		for _, path := range []string{"/whep", "/whep/ANY"} {
			w := askOf(server, method, path, "", nil)
			if w.Code != 200 || w.Header().Get("Content-Type") != "application/sdp" || w.Body.Len() != 0 {
				t.Error(method, path, w.Code, w.Header())
			}
		}
	}
	w := askOf(server, "OPTIONS", "/whep", "", header("Origin", "http://camera:8080"))
	if w.Code != 200 || w.Header().Get("Accept-Post") != "application/sdp" || w.Header().Get("Access-Control-Allow-Origin") != "" {
		t.Error(w.Code, w.Header())
	}
	expectError(t, askOf(server, "OPTIONS", "/whep", "", header("Origin", "http://evil.example")), 403, apierror.Forbidden)
	for _, path := range []string{"/whep/", "/whep/a/b", "/whep/a/", "/whepx"} {
		expectError(t, askOf(server, "DELETE", path, "", whepRequest()), 404, apierror.NotFound)
	}
	expectError(t, askOf(server, "PUT", "/whep/a", "", whepRequest()), 405, apierror.MethodNotAllowed)
}
