package httpapi

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"petcam/streamer/internal/apierror"
)

func TestAnAnswerNamesItsViewerByAnIDThatNobodyCanGuess(t *testing.T) {
	f := &fake{}
	first := fields(t, ask(t, f, "POST", "/api/webrtc/offer", offerBody, nil), 200)["id"]
	if f.client.Page != first || f.client.ID != "" || len(f.client.Page) < 26 {
		t.Errorf("the viewer of %q is %+v", first, f.client)
	}
	if second := fields(t, ask(t, f, "POST", "/api/webrtc/offer", offerBody, nil), 200)["id"]; second == first {
		t.Error("two viewers have the same")
	}
}

func TestThePageTurnsTheSoundOfItsViewerOnAndOff(t *testing.T) {
	f := &fake{}
	for body, want := range map[string][]string{
		`{"id":"one","on":true}`:  {"listen", "one", "true"},
		`{"id":"one","on":false}`: {"listen", "one", "false"},
	} {
		f.asked = nil
		w := ask(t, f, "POST", "/api/webrtc/sound", body, header("Origin", pageOrigin))
		if got := fields(t, w, 200)["on"]; got != strings.Contains(body, "true") || !slices.Equal(f.asked, want) {
			t.Errorf("%s: %v, asked %q", body, got, f.asked)
		}
	}
}

func TestWishesForSoundThatAreNoneAreRefused(t *testing.T) {
	for body, code := range map[string]apierror.Code{
		`{"id":"one"}`:             apierror.BadRequest,
		`{"on":true}`:              apierror.BadRequest,
		`{"id":"one","on":"yes"}`:  apierror.BadRequest,
		`{"id":1,"on":true}`:       apierror.BadRequest,
		`[]`:                       apierror.BadRequest,
		strings.Repeat(" ", 1<<13): apierror.TooLarge,
	} {
		f := &fake{}
		expectError(t, ask(t, f, "POST", "/api/webrtc/sound", body, nil), code.Status(), code)
		if f.asked != nil {
			t.Errorf("%s: asked %q", body, f.asked)
		}
	}
	wish := `{"id":"one","on":true}`
	for _, code := range []apierror.Code{apierror.NotFound, apierror.NotPossible} {
		f := &fake{err: apierror.New(code, "no")}
		expectError(t, ask(t, f, "POST", "/api/webrtc/sound", wish, nil), code.Status(), code)
	}
	foreign := header("Origin", "http://elsewhere.example")
	expectError(t, ask(t, &fake{}, "POST", "/api/webrtc/sound", wish, foreign), http.StatusForbidden, apierror.Forbidden)
	expectError(t, ask(t, &fake{}, "GET", "/api/webrtc/sound", "", nil), http.StatusMethodNotAllowed, apierror.MethodNotAllowed)
}
