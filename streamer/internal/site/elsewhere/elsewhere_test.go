package elsewhere

import (
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"petcam/streamer/internal/config"
	"petcam/streamer/internal/page"
	"petcam/streamer/internal/site"
)

// visitors are fakes: everybody is the same.
type visitors struct {
	needed  bool
	session *site.Session
}

func (v visitors) LoginNeeded() bool                { return v.needed }
func (v visitors) Find(*site.Request) *site.Session { return v.session }
func (v visitors) Accepts(token string) bool        { return token == "good" }
func (v visitors) MayTurnCamera(string) bool        { return false }

var (
	free     = visitors{}
	stranger = visitors{needed: true}
	viewer   = visitors{true, &site.Session{ID: "v"}}
	owner    = visitors{true, &site.Session{ID: "o", Owner: true}}
)

const json = `{"error":"Not supported here","message":"this needs petcam-web: web.server: python in /etc/petcam/petcam.yaml, ` +
	`then: sudo systemctl restart petcam-web","reason":"Needs petcam-web"}`

func ask(t *testing.T, who visitors, isOn bool, method, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	bundle, err := page.Open("petcam")
	if errors.Is(err, page.ErrNotBuilt) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	s := site.New(site.Options{
		Bundle: bundle, Config: config.Default(), Visitors: who, Log: slog.New(slog.DiscardHandler),
		Names: func() []string { return nil }, CameraOn: func() bool { return isOn },
	})
	s.Add(Routes()...)
	r := httptest.NewRequest(method, path, nil)
	r.Host, r.RemoteAddr = "localhost", "192.0.2.50:1"
	for at := 0; at+1 < len(headers); at += 2 {
		r.Header.Set(headers[at], headers[at+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// TestWhatPetcamWebRefusesIsRefusedBefore: the marks of each route are held by tests/routes.json.
func TestWhatPetcamWebRefusesIsRefusedBefore(t *testing.T) {
	for _, c := range []struct {
		who          visitors
		method, path string
		status       int
	}{
		{stranger, "GET", "/api/events", 401}, {stranger, "GET", "/settings", 302}, {stranger, "GET", "/stream.mjpg", 401},
		{stranger, "GET", "/mute/x", 501}, {viewer, "GET", "/settings", 403}, {viewer, "PUT", "/api/places", 403},
		{viewer, "GET", "/api/places", 501}, {viewer, "DELETE", "/api/events/1", 403}, {owner, "DELETE", "/api/events/1", 501},
		{owner, "PUT", "/api/events", 405}, {owner, "GET", "/api/settings/none", 404}, {free, "GET", "/visits/1", 501},
	} {
		if w := ask(t, c.who, true, c.method, c.path); w.Code != c.status {
			t.Error(c.method, c.path, w.Code, "not", c.status)
		}
	}
	if w := ask(t, owner, false, "GET", "/snapshot.jpg"); w.Code != 503 {
		t.Error("the camera is off: ", w.Code)
	}
	if w := ask(t, stranger, true, "GET", "/snapshot.jpg", "Authorization", "Bearer good"); w.Code != 501 {
		t.Error("a token opens it: ", w.Code)
	}
}

func TestProgramsAreToldWhatIsMissing(t *testing.T) {
	for _, path := range []string{"/api/settings", "/stream.mjpg", "/api/recordings/x/thumbnail.jpg"} {
		w := ask(t, owner, true, "GET", path)
		if w.Code != 501 || w.Body.String() != json || w.Header().Get("Content-Type") != "application/json" {
			t.Error(path, w.Code, w.Body)
		}
	}
}

func TestPeopleAreToldInTheirLanguageAndTheOwnerIsLedToTheAccount(t *testing.T) {
	const link = `href="/account"`
	for _, c := range []struct {
		who            visitors
		path, language string
		says           string
		leads          bool
	}{
		{owner, "/settings", "en", "sudo systemctl restart petcam-web", true},
		{owner, "/settings", "ja", "petcam 全体が必要です", true},
		{owner, "/places", "en", "web.server: python", false},
		{free, "/settings", "en", "web.server: python", false}, // there is no account
		{viewer, "/visits/1", "en", "web.server: python", false},
	} {
		w := ask(t, c.who, true, "GET", c.path, "Accept", "text/html", "Accept-Language", c.language)
		text := w.Body.String()
		if w.Code != 501 || !strings.Contains(text, c.says) || strings.Contains(text, link) != c.leads {
			t.Errorf("%s %s: %d %s", c.path, c.language, w.Code, text)
		}
		if strings.Contains(text, `href="`+c.path) {
			t.Error("it offers to try again what would fail again: ", c.path)
		}
	}
}
