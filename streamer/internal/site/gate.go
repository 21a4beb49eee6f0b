package site

import (
	"encoding/base64"
	"net/http"
	"strings"
	"unicode/utf8"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/fairshare"
)

// Visitors know who is logged in.
type Visitors interface {
	LoginNeeded() bool
	// Find gives the session of a request; nil: it has none.
	Find(r *Request) *Session
	// Accepts and MayTurnCamera are of viewing tokens.
	Accepts(token string) bool
	MayTurnCamera(token string) bool
}

// Session is that of a request.
type Session struct {
	ID    string
	Owner bool           // else it is a viewer's
	Left  func() float64 // seconds until it ends by itself
	Lasts func() bool    // whether it still is there
	End   func()         // ends it, on this machine; its streams too are to end then
}

// Session is that of the request; nil: it has none. It is looked up once.
func (r *Request) Session() *Session {
	if !r.isKnown {
		r.session, r.isKnown = r.site.Visitors.Find(r), true
	}
	return r.session
}

// ForgetSession is for who has ended it.
func (r *Request) ForgetSession() { r.session, r.isKnown = nil, true }

// IsOwner tells whether this visitor may change things: as the owner, or as anybody where there is no login.
func (r *Request) IsOwner() bool {
	session := r.Session()
	return !r.site.Visitors.LoginNeeded() || session != nil && session.Owner
}

// Admission gives a function that tells whether the request's client is still let in, and may still see what the request
// shows. Open streams call it, also when the request is over.
func (r *Request) Admission() func() bool {
	admitted := r.admitted()
	if on := r.site.CameraOn; on != nil && r.Has(Live) {
		return func() bool { return admitted() && on() }
	}
	return admitted
}

func (r *Request) admitted() func() bool {
	visitors := r.site.Visitors
	if !visitors.LoginNeeded() {
		return func() bool { return true }
	}
	if session := r.Session(); session != nil {
		return session.Lasts
	}
	token := r.ViewingToken()
	return func() bool { return visitors.Accepts(token) }
}

// gate leads to the login without a session, and lets a viewer change nothing. It tells whether it has answered.
func (s *Site) gate(w http.ResponseWriter, r *Request) (answered bool, err error) {
	if !s.Visitors.LoginNeeded() || r.Has(ForEverybody) {
		return false, nil
	}
	session := r.Session()
	if session == nil {
		fairshare.LetIn(r.Context(), "")
		return s.gateWithoutSession(w, r)
	}
	fairshare.LetIn(r.Context(), session.ID)
	changes := !r.IsSafe() && r.found.route != nil // paths without a route keep their 404
	if !session.Owner && (changes && !r.Has(ForViewers) || r.Has(ForOwner)) {
		return false, apierror.New(apierror.Forbidden, "viewers may only watch; log in with the owner's password").
			WithWords("refusals.viewers_only_watch")
	}
	return false, nil
}

func (s *Site) gateWithoutSession(w http.ResponseWriter, r *Request) (answered bool, err error) {
	switch {
	case r.Has(ForSwitches) && s.Visitors.MayTurnCamera(r.ViewingToken()):
		return false, nil
	case r.Has(ForPrograms):
		if s.Visitors.Accepts(r.ViewingToken()) {
			return false, nil
		}
		challenge(w, r)
		return true, nil
	case !r.isPage() && !wantsHTML(r.Request):
		return false, apierror.New(apierror.LoginRequired, "log in first")
	}
	target := "/"
	if r.IsSafe() {
		target = strings.TrimRight(r.Path+"?"+r.Query, "?")
	}
	r.Redirect(w, r.URLFor("/login", "next", target), http.StatusFound)
	return true, nil
}

// challenge asks for a viewing token. Media players send name and password only when asked by Basic; browsers would show a
// dialog, so they are not asked that way.
func challenge(w http.ResponseWriter, r *Request) {
	w.Header().Add("WWW-Authenticate", `Bearer realm="petcam"`)
	if !strings.Contains(header(r.Request, "User-Agent"), "Mozilla/") {
		w.Header().Add("WWW-Authenticate", `Basic realm="petcam"`)
	}
	r.PassOn(w, apierror.New(apierror.LoginRequired, "log in first, or bring a viewing token: sudo petcam token add"))
}

// ViewingToken is the token in the request: Bearer, or the password of HTTP Basic, since many players know only that.
func (r *Request) ViewingToken() string {
	scheme, given, _ := strings.Cut(header(r.Request, "Authorization"), " ")
	switch {
	case strings.EqualFold(scheme, "bearer"):
		return strings.TrimSpace(given)
	case strings.EqualFold(scheme, "basic"):
		return basicPassword(strings.TrimSpace(given))
	}
	return ""
}

// basicPassword is empty where the credentials are not as they should be.
func basicPassword(credentials string) string {
	decoded, err := base64.StdEncoding.DecodeString(credentials)
	if err != nil || !utf8.Valid(decoded) {
		return ""
	}
	_, password, _ := strings.Cut(string(decoded), ":")
	return password
}
