package login

import (
	"net/http"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/page"
	"petcam/streamer/internal/site"
)

func (p *Pages) setupForm(w http.ResponseWriter, r *site.Request) error {
	target := site.LocalPath(r.Arg("next"))
	if !p.Needed || !p.Passwords.IsFirstVisit() {
		r.Redirect(w, r.URLFor("/login", "next", target), http.StatusFound)
		return nil
	}
	setupPage(w, r, target, "", http.StatusOK, nil)
	return nil
}

// setUp sets the owner's password. Only the first request succeeds; it also begins a session.
func (p *Pages) setUp(w http.ResponseWriter, r *site.Request) error {
	form, err := r.ReadForm()
	if err != nil {
		return err
	}
	target, password := site.LocalPath(form["next"]), form["password"]
	if !p.Needed {
		r.Redirect(w, r.SitePath(target), http.StatusSeeOther)
		return nil
	}
	if misplaced := p.Passwords.PlaceTrouble(); misplaced != nil {
		setupPage(w, r, target, "refused", http.StatusForbidden, []map[string]string{shown(misplaced)})
		return nil
	}
	if password != form["again"] {
		setupPage(w, r, target, "differ", http.StatusBadRequest, nil)
		return nil
	}
	generation, err := p.Passwords.Claim(password)
	if err != nil {
		return setupProblem(w, r, target, err)
	}
	p.Log.Warn("the owner's password was set at the first visit", "from", r.Client)
	p.visitors.admit(w, r, Owner, generation)
	r.Redirect(w, r.URLFor("/setup/done", "next", target), http.StatusSeeOther)
	return nil
}

func setupProblem(w http.ResponseWriter, r *site.Request, target string, err error) error {
	code := codeOf(err)
	problem := map[apierror.Code]string{
		apierror.BadRequest: "length", apierror.Forbidden: "late",
		apierror.StateNotWritten: "not_written", apierror.StateNotSynced: "not_synced",
	}[code]
	if problem == "" {
		return err
	}
	setupPage(w, r, target, problem, code.Status(), notKept(code))
	return nil
}

func setupPage(w http.ResponseWriter, r *site.Request, target, problem string, status int, troubles []map[string]string) {
	show(w, r, status, "setup", map[string]string{"next": target, "problem": problem}, troubles)
}

// setupDone shows other devices of the family the way here.
func (p *Pages) setupDone(w http.ResponseWriter, r *site.Request) error {
	texts := map[string]string{"next": site.LocalPath(r.Arg("next")), "address": r.AddressForOthers()}
	if texts["address"] != "" && p.Code != nil {
		texts["code"] = p.Code(texts["address"])
	}
	r.Page(w, http.StatusOK, "setup_done", page.Values{Texts: texts}, false)
	return nil
}
