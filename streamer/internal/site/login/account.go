package login

import (
	"net/http"
	"strconv"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/site"
)

// accountRoutes lead to the live page where there is no login, and so no account.
func (p *Pages) accountRoutes() (all []site.Route) {
	add := func(method, path string, handle site.Handler) {
		if !p.Needed {
			handle = toTheLivePage
		}
		all = append(all, site.Route{Method: method, Path: "/account" + path, Marks: site.Page, Handle: handle})
		if method == http.MethodPost {
			all = append(all, site.Route{Method: "GET", Path: "/account" + path, Marks: site.Page, Handle: toTheAccount})
		}
	}
	add("GET", "", p.account)
	add("POST", "/password", p.changePassword)
	add("POST", "/viewer", p.changeViewerPassword)
	add("POST", "/viewer/remove", p.removeViewerPassword)
	add("POST", "/logout-everywhere", p.logOutEverywhere)
	return all
}

func toTheLivePage(w http.ResponseWriter, r *site.Request) error {
	r.Redirect(w, r.SitePath("/"), http.StatusFound)
	return nil
}

func back(w http.ResponseWriter, r *site.Request, done string) error {
	r.Redirect(w, r.URLFor("/account", "done", done), http.StatusSeeOther)
	return nil
}

func (p *Pages) account(w http.ResponseWriter, r *site.Request) error {
	done := r.Arg("done")
	if done != "password" && done != "viewer" && done != "removed" {
		done = ""
	}
	return p.accountPage(w, r, accountPage{done: done, status: http.StatusOK})
}

// changePassword ends every session; this browser gets a new one.
func (p *Pages) changePassword(w http.ResponseWriter, r *site.Request) error {
	form, problem, err := p.problem(r, "password")
	if err != nil {
		return err
	}
	if problem != nil {
		return p.accountPage(w, r, *problem)
	}
	generation, err := p.Passwords.SetPassword(form["password"])
	switch code := codeOf(err); {
	case err == nil:
	case code == apierror.StateNotSynced:
		_ = p.visitors.endAll(r, "") // the password that has changed ends them for good, whatever the disk still says of them
		p.loginPage(w, r, loginPage{target: "/", status: code.Status(), said: notKept(code)})
		return nil
	default:
		return p.refused(w, r, "password", form, err)
	}
	p.Log.Warn("the owner's password was changed", "from", r.Client)
	_ = p.visitors.endAll(r, "") // as above
	p.visitors.admit(w, r, Owner, generation)
	return back(w, r, "password")
}

// changeViewerPassword ends the sessions of viewers.
func (p *Pages) changeViewerPassword(w http.ResponseWriter, r *site.Request) error {
	form, problem, err := p.problem(r, "viewer")
	if err != nil {
		return err
	}
	if problem != nil {
		return p.accountPage(w, r, *problem)
	}
	if err := p.Passwords.SetViewerPassword(form["password"]); err != nil {
		if codeOf(err) == apierror.StateNotSynced {
			_ = p.visitors.endAll(r, Viewer)
		}
		return p.refused(w, r, "viewer", form, err)
	}
	_ = p.visitors.endAll(r, Viewer)
	return back(w, r, "viewer")
}

// removeViewerPassword: nobody gets in by it from now on; where the disk does not keep that, the page says so.
func (p *Pages) removeViewerPassword(w http.ResponseWriter, r *site.Request) error {
	err := p.Passwords.RemoveViewerPassword()
	code := codeOf(err)
	if err != nil && code == "" {
		return err
	}
	_ = p.visitors.endAll(r, Viewer)
	if err != nil {
		said := []map[string]string{trouble("trouble.removed", doctor)}
		return p.accountPage(w, r, accountPage{status: code.Status(), said: said})
	}
	return back(w, r, "removed")
}

func (p *Pages) logOutEverywhere(w http.ResponseWriter, r *site.Request) error {
	return p.loggedOut(w, r, p.visitors.endAll(r, ""))
}

// problem is what is wrong with a form; nil: nothing is. The owner's password is required again, because the phone may have
// been left unlocked.
func (p *Pages) problem(r *site.Request, name string) (form site.Form, wrong *accountPage, err error) {
	form, err = r.ReadForm()
	if err != nil {
		return nil, nil, err
	}
	if form["password"] != form["again"] {
		return form, &accountPage{form: name, problem: "differ", status: http.StatusBadRequest}, nil
	}
	wait, role := p.visitors.try(r, func() Role {
		if role, ok := p.Passwords.Verify(form["current"]); ok && role == Owner {
			return Owner
		}
		return ""
	})
	switch {
	case wait > 0:
		wrong = &accountPage{form: name, problem: "wait", status: http.StatusTooManyRequests, seconds: seconds(wait)}
	case role == "":
		wrong = &accountPage{form: name, problem: "wrong", status: http.StatusForbidden}
	}
	return form, wrong, nil
}

// refused shows the page where the new password was not set, or may not last.
func (p *Pages) refused(w http.ResponseWriter, r *site.Request, name string, form site.Form, err error) error {
	code := codeOf(err)
	if code == "" {
		return err
	}
	if said := notKept(code); said != nil {
		return p.accountPage(w, r, accountPage{status: code.Status(), said: said})
	}
	problem := "length"
	given, has := form["password"]
	current, hasCurrent := form["current"]
	if given == current && has == hasCurrent {
		problem = "same"
	}
	return p.accountPage(w, r, accountPage{form: name, problem: problem, status: http.StatusBadRequest})
}

// accountPage is what the page says.
type accountPage struct {
	status  int
	form    string // that the problem is in
	problem string // "", "length", "differ", "same", "wrong", or "wait", then with seconds
	seconds int
	done    string
	said    []map[string]string
}

func (p *Pages) accountPage(w http.ResponseWriter, r *site.Request, shown accountPage) error {
	show(w, r, shown.status, "account", map[string]string{
		"has_viewer": set(p.Passwords.HasViewer()), "form": shown.form, "problem": shown.problem,
		"seconds": strconv.Itoa(shown.seconds), "done": shown.done,
	}, p.troubles(shown.said))
	return nil
}
