// Package login is the pages for logging in and out, the first visit and the account, and who is logged in: petcam/web/login
// in Go. It imports apierror, page and site; the state is internal/access's.
package login

import (
	"errors"
	"log/slog"
	"math"
	"net/http"
	"strconv"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/page"
	"petcam/streamer/internal/site"
)

// Role is whose password somebody has given; empty: none is.
type Role string

// The roles.
const (
	Owner  Role = "owner"
	Viewer Role = "viewer"
)

// Passwords are the two of the state. Their errors are apierror's.
type Passwords interface {
	IsSet() bool
	HasViewer() bool
	IsFirstVisit() bool
	PlaceTrouble() *apierror.Error
	Troubles() []*apierror.Error
	Generation(role Role) (string, error)
	LogIn(password string) (role Role, generation string, ok bool)
	Verify(password string) (role Role, ok bool)
	Claim(password string) (generation string, err error)
	SetPassword(password string) (generation string, err error)
	SetViewerPassword(password string) error
	RemoveViewerPassword() error
}

// Options are what the pages work with. Code makes the QR code of an address, as markup; nil: there is none.
type Options struct {
	Needed     bool // false with auth.mode: none
	Passwords  Passwords
	Sessions   Sessions
	Cookie     Cookie
	Throttle   Throttle
	Tokens     Tokens
	EndStreams func(session string) // of a session; empty: all there are
	Code       func(address string) string
	Log        *slog.Logger
}

// Pages are the routes.
type Pages struct {
	Options
	visitors *Visitors
}

// New makes the pages; their Visitors are what the site needs.
func New(options Options) *Pages {
	return &Pages{Options: options, visitors: &Visitors{options}}
}

// Visitors are those of the pages.
func (p *Pages) Visitors() *Visitors { return p.visitors }

// Routes are those of the pages.
func (p *Pages) Routes() []site.Route {
	open := site.Page | site.ForEverybody
	routes := []site.Route{
		{Method: "GET", Path: "/login", Marks: open, Handle: p.loginForm},
		{Method: "POST", Path: "/login", Marks: open, Handle: p.logIn},
		{Method: "POST", Path: "/logout", Marks: site.Page | site.ForViewers, Handle: p.logOut},
		{Method: "GET", Path: "/logout", Marks: site.Page, Handle: toTheAccount},
		{Method: "GET", Path: "/setup", Marks: open, Handle: p.setupForm},
		{Method: "POST", Path: "/setup", Marks: open, Handle: p.setUp},
		{Method: "GET", Path: "/setup/done", Marks: site.Page, Handle: p.setupDone},
	}
	return append(routes, p.accountRoutes()...)
}

// toTheAccount is for a form's own address, as it stands in the browser once something was wrong with the form.
func toTheAccount(w http.ResponseWriter, r *site.Request) error {
	r.Redirect(w, r.URLFor("/account"), http.StatusFound)
	return nil
}

func (p *Pages) loginForm(w http.ResponseWriter, r *site.Request) error {
	target := site.LocalPath(r.Arg("next"))
	switch {
	case !p.Needed || r.Session() != nil:
		r.Redirect(w, r.SitePath(target), http.StatusFound)
	case p.Passwords.IsFirstVisit():
		r.Redirect(w, r.URLFor("/setup", "next", target), http.StatusFound)
	default:
		p.loginPage(w, r, loginPage{target: target, status: http.StatusOK})
	}
	return nil
}

func (p *Pages) logIn(w http.ResponseWriter, r *site.Request) error {
	form, err := r.ReadForm()
	if err != nil {
		return err
	}
	target, generation := site.LocalPath(form["next"]), ""
	wait, role := p.visitors.try(r, func() (role Role) {
		role, generation, _ = p.Passwords.LogIn(form["password"])
		return role
	})
	switch {
	case wait > 0:
		p.loginPage(w, r, loginPage{target, http.StatusTooManyRequests, "wait", seconds(wait), nil})
	case role == "":
		p.loginPage(w, r, loginPage{target, http.StatusUnauthorized, "wrong", 0, nil})
	default:
		p.Log.Info("somebody logged in", "role", role, "from", r.Client)
		p.visitors.admit(w, r, role, generation)
		r.Redirect(w, r.SitePath(target), http.StatusSeeOther)
	}
	return nil
}

// seconds are at least so many as the time is long.
func seconds(wait time.Duration) int { return int(math.Ceil(wait.Seconds())) }

func (p *Pages) logOut(w http.ResponseWriter, r *site.Request) error {
	return p.loggedOut(w, r, p.visitors.endSession(r))
}

// loggedOut shows the login page; it says where what has ended may come back with a restart.
func (p *Pages) loggedOut(w http.ResponseWriter, r *site.Request, err error) error {
	if err == nil {
		r.Redirect(w, r.URLFor("/login"), http.StatusSeeOther)
		return nil
	}
	code := codeOf(err)
	if code == "" {
		return err
	}
	said := []map[string]string{trouble("trouble.logout", doctor)}
	p.loginPage(w, r, loginPage{target: "/", status: code.Status(), said: said})
	return nil
}

// codeOf is an apierror's code; empty: it is another error, a defect.
func codeOf(err error) apierror.Code {
	var known *apierror.Error
	if errors.As(err, &known) {
		return known.Code
	}
	return ""
}

// loginPage is what the page says; said comes before what else is wrong with the state.
type loginPage struct {
	target  string
	status  int
	problem string // "", "wrong", or "wait", then with seconds
	seconds int
	said    []map[string]string
}

func (p *Pages) loginPage(w http.ResponseWriter, r *site.Request, shown loginPage) {
	troubles := p.troubles(shown.said)
	texts := map[string]string{
		"next": shown.target, "password_set": set(p.Passwords.IsSet()), "can_log_in": set(canLogIn(troubles)),
		"problem": shown.problem, "seconds": strconv.Itoa(shown.seconds),
	}
	if shown.seconds > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(shown.seconds))
	}
	show(w, r, shown.status, "login", texts, troubles)
}

// canLogIn tells whether no trouble makes a login impossible.
func canLogIn(troubles []map[string]string) bool {
	for _, each := range troubles {
		switch each["@key"] {
		case "trouble.owner", "trouble.first_visit", "trouble.place", "trouble.volatile":
			return false
		}
	}
	return true
}

// show answers with a page that has troubles.
func show(w http.ResponseWriter, r *site.Request, status int, name string, texts map[string]string, troubles []map[string]string) {
	lists := map[string][]map[string]string{"troubles": troubles}
	r.Page(w, status, name, page.Values{Texts: texts, Lists: lists}, false)
}

// set is how a page has what is or is not.
func set(is bool) string {
	if is {
		return "1"
	}
	return ""
}
