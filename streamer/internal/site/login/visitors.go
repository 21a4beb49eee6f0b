package login

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/site"
)

// Sessions are those of the state.
type Sessions interface {
	Begin(role Role, generation string) (token string)
	Find(token string) *site.Session // nil: there is none
	EndAll(role Role) (ids []string) // of one role; empty: of all
	MakeDurable() error
	Trouble() *apierror.Error
}

// Presented is what a browser's cookie says; nothing where it is not signed.
type Presented struct {
	Token  string
	Role   Role
	Mark   string // of the password that let an owner in
	Signed bool
}

// Cookie is that of a session.
type Cookie interface {
	Read(r *http.Request, secure bool, root string) Presented
	Make(token string, role Role, generation string, secure bool, root string) *http.Cookie
	MarkOf(generation string) string
	Trouble() *apierror.Error
}

// Throttle slows the guessing of passwords down.
type Throttle interface {
	Begin(client string, unknown bool) (wait time.Duration)
	End(client string, correct, unknown, asOwner bool)
}

// Tokens are the viewing tokens.
type Tokens interface {
	Accepts(token string) bool
	MayTurnCamera(token string) bool
	Trouble() *apierror.Error
}

// As these all browsers count together that were let in before, but by a viewer's password or by another than the owner's
// present one, however many cookies somebody has collected.
const (
	viewersBrowsers  = "viewers' browsers"
	browsersOfBefore = "browsers of before the owner's present password"
)

// Visitors find the session of a request, and begin and end sessions.
type Visitors struct{ Options }

// LoginNeeded is for the site.
func (v *Visitors) LoginNeeded() bool { return v.Needed }

// Find is for the site.
func (v *Visitors) Find(r *site.Request) *site.Session {
	if token := v.presented(r).Token; token != "" {
		return v.Sessions.Find(token)
	}
	return nil
}

// Accepts is for the site.
func (v *Visitors) Accepts(token string) bool { return v.Tokens.Accepts(token) }

// MayTurnCamera is for the site.
func (v *Visitors) MayTurnCamera(token string) bool { return v.Tokens.MayTurnCamera(token) }

// Troubles are what is wrong with the state that visitors depend on, apart from the passwords.
func (v *Visitors) Troubles() (all []*apierror.Error) {
	for _, each := range []*apierror.Error{v.Sessions.Trouble(), v.Cookie.Trouble(), v.Tokens.Trouble()} {
		if each != nil {
			all = append(all, each)
		}
	}
	return all
}

func (v *Visitors) presented(r *site.Request) Presented {
	return v.Cookie.Read(r.Request, r.Secure, r.Root)
}

// admit begins a new session and puts its cookie into the answer; a session that was there before is ended. It waits for no
// disk: if that fails now, both are as before, and it is logged in once more.
func (v *Visitors) admit(w http.ResponseWriter, r *site.Request, role Role, generation string) {
	v.end(r)
	token := v.Sessions.Begin(role, generation)
	http.SetCookie(w, v.Cookie.Make(token, role, generation, r.Secure, r.Root))
}

// end ends the request's session, and tells whether there was one.
func (v *Visitors) end(r *site.Request) bool {
	found := r.Session()
	r.ForgetSession()
	if found == nil {
		return false
	}
	found.End()
	v.EndStreams(found.ID)
	return true
}

// endSession fails where the session has ended, and a restart may bring it back.
func (v *Visitors) endSession(r *site.Request) error {
	if !v.end(r) {
		return nil
	}
	return v.Sessions.MakeDurable()
}

// endAll ends every session of a role, or all there are, with its streams. It fails as endSession.
func (v *Visitors) endAll(r *site.Request, role Role) error {
	ended := v.Sessions.EndAll(role)
	if role == "" {
		r.ForgetSession()
		ended = []string{""}
	}
	for _, each := range ended {
		v.EndStreams(each)
	}
	return v.Sessions.MakeDurable()
}

// try has check look at a password, unless there is a time to wait before the next try. check says whose it was.
func (v *Visitors) try(r *site.Request, check func() Role) (wait time.Duration, role Role) {
	client, unknown := v.client(r)
	wait = v.Throttle.Begin(client, unknown)
	if wait > 0 && (client == viewersBrowsers || client == browsersOfBefore) { // others may have used it up
		client, unknown = r.Network(), true
		wait = v.Throttle.Begin(client, unknown)
	}
	if wait > 0 {
		return wait, ""
	}
	defer func() { v.Throttle.End(client, role != "", unknown, role == Owner) }()
	return 0, check()
}

// client is as whom the throttle counts a request, and whether that is a stranger. A browser has a pot of its own only by a
// cookie that takes the owner's present password to get.
func (v *Visitors) client(r *site.Request) (name string, unknown bool) {
	switch shown := v.presented(r); {
	case !shown.Signed:
		return r.Network(), true
	case shown.Role == Viewer:
		return viewersBrowsers, false
	case v.isOwners(shown):
		sum := sha256.Sum256([]byte(shown.Token))
		return "owner's browser " + hex.EncodeToString(sum[:])[:12], false
	}
	return browsersOfBefore, false
}

func (v *Visitors) isOwners(shown Presented) bool {
	generation, err := v.Passwords.Generation(Owner)
	return err == nil && shown.Role == Owner && shown.Mark == v.Cookie.MarkOf(generation)
}
