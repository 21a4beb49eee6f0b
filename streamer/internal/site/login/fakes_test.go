package login

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/config"
	"petcam/streamer/internal/page"
	"petcam/streamer/internal/site"
)

const ownersPassword, viewersPassword = "correct horse", "watching horse"

// board is the state, as the pages see it; it has no files.
type board struct {
	owner, viewer string // the passwords; empty: there is none
	firstVisit    bool
	misplaced     *apierror.Error
	fails         error // of each write
	durable       error
	wrong         []*apierror.Error
	sessions      map[string]*site.Session // by token
	roles         map[string]Role
	ended         []string // streams
	tries         []string
	wait          map[string]time.Duration
	next          int
}

func newBoard() *board {
	return &board{
		owner: ownersPassword, viewer: viewersPassword, sessions: map[string]*site.Session{}, roles: map[string]Role{},
		wait: map[string]time.Duration{},
	}
}

func (b *board) IsSet() bool                   { return b.owner != "" }
func (b *board) HasViewer() bool               { return b.viewer != "" }
func (b *board) IsFirstVisit() bool            { return b.firstVisit && b.owner == "" }
func (b *board) PlaceTrouble() *apierror.Error { return b.misplaced }
func (b *board) Troubles() []*apierror.Error   { return b.wrong }

func (b *board) Generation(role Role) (string, error) {
	if b.owner == "" {
		return "", errors.New("none")
	}
	return b.owner, nil
}

func (b *board) LogIn(password string) (Role, string, bool) {
	role, ok := b.Verify(password)
	return role, password, ok
}

func (b *board) Verify(password string) (Role, bool) {
	switch {
	case password == "":
	case password == b.owner:
		return Owner, true
	case password == b.viewer:
		return Viewer, true
	}
	return "", false
}

func (b *board) Claim(password string) (string, error) {
	if len(password) >= 8 && !b.IsFirstVisit() {
		return "", apierror.New(apierror.Forbidden, "late")
	}
	return b.SetPassword(password)
}

func (b *board) SetPassword(password string) (string, error) {
	if err := b.check(password, b.viewer); err != nil {
		return "", err
	}
	b.owner = password
	return password, nil
}

func (b *board) SetViewerPassword(password string) error {
	if err := b.check(password, b.owner); err != nil {
		return err
	}
	b.viewer = password
	return nil
}

func (b *board) check(password, other string) error {
	if len(password) < 8 || password == other {
		return apierror.New(apierror.BadRequest, "length")
	}
	return b.fails
}

func (b *board) RemoveViewerPassword() error { b.viewer = ""; return b.fails }

func (b *board) Begin(role Role, generation string) string {
	b.next++
	token := strings.Repeat("t", b.next)
	b.roles[token] = role
	b.sessions[token] = &site.Session{
		ID: "id-" + token, Owner: role == Owner,
		Lasts: func() bool { return b.sessions[token] != nil },
		End:   func() { delete(b.sessions, token) },
	}
	return token
}

func (b *board) Find(token string) *site.Session { return b.sessions[token] }

func (b *board) EndAll(role Role) (ids []string) {
	for token, session := range b.sessions {
		if role == "" || b.roles[token] == role {
			delete(b.sessions, token)
			ids = append(ids, session.ID)
		}
	}
	return ids
}

func (b *board) MakeDurable() error       { return b.durable }
func (b *board) Trouble() *apierror.Error { return nil }

// cookies are not signed: TOKEN.ROLE.MARK.
type cookies struct{ b *board }

func (c cookies) name(secure bool, root string) string {
	switch {
	case !secure:
		return "petcam_session"
	case root != "":
		return "__Secure-petcam_session"
	}
	return "__Host-petcam_session"
}

func (c cookies) Read(r *http.Request, secure bool, root string) Presented {
	cookie, err := r.Cookie(c.name(secure, root))
	if err != nil {
		return Presented{}
	}
	parts := strings.SplitN(cookie.Value, ".", 3)
	if len(parts) < 3 {
		return Presented{}
	}
	return Presented{Token: parts[0], Role: Role(parts[1]), Mark: parts[2], Signed: true}
}

func (c cookies) Make(token string, role Role, generation string, secure bool, root string) *http.Cookie {
	path := root
	if path == "" {
		path = "/"
	}
	return &http.Cookie{
		Name: c.name(secure, root), Value: token + "." + string(role) + "." + c.MarkOf(generation), Path: path,
		MaxAge: 180 * 86400, Secure: secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

func (c cookies) MarkOf(generation string) string { return strings.ReplaceAll(generation, " ", "-") }
func (c cookies) Trouble() *apierror.Error        { return nil }

// throttle notes who tried, and lets wait whom the test names.
type throttle struct{ b *board }

func (t throttle) Begin(client string, unknown bool) time.Duration {
	t.b.tries = append(t.b.tries, client)
	return t.b.wait[client]
}

func (t throttle) End(client string, correct, unknown, asOwner bool) {
	switch {
	case correct && asOwner:
		t.b.tries = append(t.b.tries, "owner "+client)
	case correct:
		t.b.tries = append(t.b.tries, "viewer "+client)
	}
}

type tokens struct{}

func (tokens) Accepts(token string) bool       { return token == "viewing" }
func (tokens) MayTurnCamera(token string) bool { return false }
func (tokens) Trouble() *apierror.Error        { return nil }

// openBundle reads the pages once for all tests.
var openBundle = sync.OnceValues(func() (*page.Bundle, error) { return page.Open("petcam") })

// serve is a site with the pages, and routes of others that only say that they were reached.
func (b *board) serve(t *testing.T, needed bool) *site.Site {
	t.Helper()
	bundle, err := openBundle()
	if errors.Is(err, page.ErrNotBuilt) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	pages := New(Options{
		Needed: needed, Passwords: b, Sessions: b, Cookie: cookies{b}, Throttle: throttle{b}, Tokens: tokens{}, Log: log,
		EndStreams: func(session string) { b.ended = append(b.ended, session) },
	})
	c := config.Default()
	c.Web.TrustedProxies = []string{"10.0.0.0/8"}
	s := site.New(site.Options{
		Bundle: bundle, Config: c, Visitors: pages.Visitors(), Log: log,
		Names:      func() []string { return []string{"petcam-box"} },
		TLSProof:   func() string { return site.TLSProof(make([]byte, 32)) },
		LANAddress: func() string { return "192.168.1.20" },
	})
	s.Add(pages.Routes()...)
	reached := func(w http.ResponseWriter, _ *site.Request) error {
		site.JSON(w, http.StatusOK, site.Object{{Name: "reached", Value: true}})
		return nil
	}
	for _, each := range []struct {
		method, path string
		marks        site.Mark
	}{
		{"GET", "/", site.Page}, {"GET", "/recordings", site.Page}, {"GET", "/api/recordings", 0}, {"GET", "/api/recordings/<name>", 0},
		{"DELETE", "/api/recordings/<name>", 0}, {"GET", "/stream.mjpg", site.ForPrograms | site.Live}, {"GET", "/healthz", site.ForEverybody},
		{"POST", "/api/webrtc/offer", site.ForViewers | site.Live}, {"GET", "/api/camera", site.ForSwitches}, {"PUT", "/api/camera", site.ForSwitches},
	} {
		s.Add(site.Route{Method: each.method, Path: each.path, Marks: each.marks, Handle: reached})
	}
	return s
}
