package login

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/site"
)

// browser keeps the cookie of a session.
type browser struct {
	site    *site.Site
	cookies map[string]string
	from    string
}

func (b *board) open(t *testing.T) *browser {
	return &browser{b.serve(t, true), map[string]string{}, "192.0.2.50"}
}

// ask sends a request; fields are names, each with its value, of a form.
func (c *browser) ask(method, path string, fields ...string) *httptest.ResponseRecorder {
	form := url.Values{}
	for at := 0; at+1 < len(fields); at += 2 {
		form.Set(fields[at], fields[at+1])
	}
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	r.Host, r.RemoteAddr = "localhost", c.from+":1"
	r.Header.Set("Accept-Language", "en")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for name, value := range c.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	c.site.ServeHTTP(w, r)
	for _, cookie := range w.Result().Cookies() {
		c.cookies[cookie.Name] = cookie.Value
	}
	return w
}

func (c *browser) logIn(t *testing.T, password string) {
	t.Helper()
	expect(t, c.ask("POST", "/login", "password", password), http.StatusSeeOther, "")
}

// isIn tells whether the browser is logged in.
func (c *browser) isIn() bool { return c.ask("GET", "/api/recordings").Code == http.StatusOK }

func expect(t *testing.T, w *httptest.ResponseRecorder, status int, has string) {
	t.Helper()
	if w.Code != status || !strings.Contains(w.Body.String(), has) {
		t.Errorf("%d, not %d with %q: %s", w.Code, status, has, w.Body)
	}
}

func expectWay(t *testing.T, w *httptest.ResponseRecorder, status int, way string) {
	t.Helper()
	if at := w.Header().Get("Location"); w.Code != status || at != way {
		t.Errorf("%d %q, not %d %q", w.Code, at, status, way)
	}
}

func TestLoginLeadsBackAndBeginsANewSession(t *testing.T) {
	b := newBoard()
	c := b.open(t)
	expect(t, c.ask("GET", "/login?next=/%3Fcamera%3D1"), 200, `value="/?camera=1"`)
	expectWay(t, c.ask("POST", "/login", "password", ownersPassword, "next", "/?camera=1"), 303, "/?camera=1")
	first := c.cookies["petcam_session"]
	expectWay(t, c.ask("POST", "/login", "password", ownersPassword, "next", "//evil"), 303, "/")
	if c.cookies["petcam_session"] == first || len(b.sessions) != 1 || !slices.Equal(b.ended, []string{"id-t"}) {
		t.Errorf("%v, %q", b.sessions, b.ended)
	}
	expectWay(t, c.ask("GET", "/login?next=/recordings"), 302, "/recordings")
}

func TestWrongPasswordsAreRefusedAndCounted(t *testing.T) {
	b := newBoard()
	c := b.open(t)
	for _, password := range []string{"", "wrong horse", ownersPassword + " ", strings.Repeat("x", 5000)} {
		expect(t, c.ask("POST", "/login", "password", password, "next", "/x"), 401, `name="next" value="/x"`)
	}
	if c.isIn() || !slices.Equal(b.tries, slices.Repeat([]string{"192.0.2.50/32"}, 4)) {
		t.Error(b.tries)
	}
	b.wait["192.0.2.50/32"] = 1500 * time.Millisecond
	w := c.ask("POST", "/login", "password", ownersPassword)
	expect(t, w, 429, "2 s")
	if w.Header().Get("Retry-After") != "2" {
		t.Error(w.Header())
	}
}

func TestBrowsersThatWereLetInCountByTheirCookies(t *testing.T) {
	b := newBoard()
	owner, viewer := b.open(t), b.open(t)
	owner.logIn(t, ownersPassword)
	viewer.logIn(t, viewersPassword)
	if !slices.Contains(b.tries, "owner 192.0.2.50/32") || !slices.Contains(b.tries, "viewer 192.0.2.50/32") {
		t.Error(b.tries)
	}
	b.tries = nil
	owner.ask("POST", "/login", "password", "no")
	viewer.ask("POST", "/login", "password", "no")
	if len(b.tries) != 2 || !strings.HasPrefix(b.tries[0], "owner's browser ") || b.tries[1] != viewersBrowsers {
		t.Error(b.tries)
	}
	b.wait[viewersBrowsers], b.tries = time.Second, nil
	viewer.logIn(t, viewersPassword)
	if !slices.Equal(b.tries, []string{viewersBrowsers, "192.0.2.50/32", "viewer 192.0.2.50/32"}) {
		t.Error(b.tries)
	}
	b.owner, b.tries = "another horse", nil
	owner.ask("POST", "/login", "password", "no")
	if !slices.Equal(b.tries, []string{browsersOfBefore}) {
		t.Error(b.tries)
	}
}

func TestLogoutEndsTheSessionAndSaysWhereItMayComeBack(t *testing.T) {
	b := newBoard()
	c := b.open(t)
	c.logIn(t, ownersPassword)
	expectWay(t, c.ask("POST", "/logout"), 303, "/login")
	if c.isIn() || !slices.Equal(b.ended, []string{"id-t"}) {
		t.Error(b.ended)
	}
	c.logIn(t, ownersPassword)
	b.durable = apierror.New(apierror.StateNotWritten, "not written")
	expect(t, c.ask("POST", "/logout"), 507, "<code>sudo petcam doctor</code>")
	if c.isIn() {
		t.Error("it is logged in")
	}
}

func TestWhatIsWrongWithTheStateIsSaidWithTheCommandThatHelps(t *testing.T) {
	b := newBoard()
	b.wrong = []*apierror.Error{
		apierror.New(apierror.StateDamaged, "damaged").WithWords("trouble.viewer"),
		apierror.New(apierror.StateDamaged, "damaged").WithWords("trouble.owner", "command", "sudo petcam password"),
	}
	c := b.open(t)
	w := c.ask("GET", "/login")
	expect(t, w, 200, "<code>sudo petcam doctor</code>")
	expect(t, w, 200, "<code>sudo petcam password</code>")
	if strings.Contains(w.Body.String(), "<form") {
		t.Error("there is a form by which nobody can log in")
	}
}

func TestTheFirstVisitorSetsThePasswordAndIsLoggedIn(t *testing.T) {
	b := newBoard()
	b.owner, b.firstVisit = "", true
	c := b.open(t)
	expectWay(t, c.ask("GET", "/login?next=/%3Fa%3D1"), 302, "/setup?next=/?a%3D1")
	expect(t, c.ask("POST", "/setup", "password", "a new horse", "again", "another"), 400, `id="again"`)
	expect(t, c.ask("POST", "/setup", "password", "short", "again", "short", "next", "/x"), 400, `value="/x"`)
	b.fails = apierror.New(apierror.StateNotSynced, "not synced")
	expect(t, c.ask("POST", "/setup", "password", "a new horse", "again", "a new horse"), 507, `href="/login"`)
	b.fails = nil
	expectWay(t, c.ask("POST", "/setup", "password", "a new horse", "again", "a new horse", "next", "/?a=1"), 303, "/setup/done?next=/?a%3D1")
	if !c.isIn() {
		t.Error("it is not logged in")
	}
	expect(t, b.open(t).ask("POST", "/setup", "password", "a new horse", "again", "a new horse"), 403, "sudo petcam password")
	b.misplaced = apierror.New(apierror.Forbidden, "no").WithWords("trouble.place")
	expect(t, b.open(t).ask("POST", "/setup", "password", "a", "again", "b"), 403, "sudo petcam doctor")
}

func TestThePageBehindTheFirstVisitHasTheAddressForOthers(t *testing.T) {
	b := newBoard()
	c := b.open(t)
	c.logIn(t, ownersPassword)
	w := c.ask("GET", "/setup/done?next=/recordings")
	expect(t, w, 200, "<code>http://192.168.1.20:8080/</code>")
	expect(t, w, 200, `<a class="button primary" href="/recordings">`)
	expect(t, w, 200, "Open this address on a phone")
	if strings.Contains(w.Body.String(), `role="img"`) {
		t.Error("there is a code that nobody has made")
	}
}

func TestAChangedPasswordEndsEveryOtherSession(t *testing.T) {
	b := newBoard()
	owner, other, viewer := b.open(t), b.open(t), b.open(t)
	owner.logIn(t, ownersPassword)
	other.logIn(t, ownersPassword)
	viewer.logIn(t, viewersPassword)
	change := []string{"current", ownersPassword, "password", "a new horse", "again", "a new horse"}
	b.ended = nil
	expectWay(t, owner.ask("POST", "/account/password", change...), 303, "/account?done=password")
	if !owner.isIn() || other.isIn() || viewer.isIn() || b.owner != "a new horse" || !slices.Equal(b.ended, []string{""}) {
		t.Error(b.owner, b.ended)
	}
	change[1] = "a new horse"
	b.fails = apierror.New(apierror.StateNotSynced, "not synced")
	change[3], change[5] = "a third horse", "a third horse"
	expect(t, owner.ask("POST", "/account/password", change...), 507, "sudo petcam doctor")
	if owner.isIn() {
		t.Error("the password may have changed, and the session goes on")
	}
}

func TestTheViewingPasswordEndsTheViewersSessionsOnly(t *testing.T) {
	for _, path := range []string{"/account/viewer", "/account/viewer/remove"} {
		b := newBoard()
		owner, viewer := b.open(t), b.open(t)
		owner.logIn(t, ownersPassword)
		viewer.logIn(t, viewersPassword)
		expect(t, owner.ask("POST", path, "current", ownersPassword, "password", "a new horse", "again", "a new horse"), 303, "")
		if !owner.isIn() || viewer.isIn() || len(b.ended) != 1 || b.ended[0] == "" {
			t.Error(path, b.ended)
		}
	}
	b := newBoard()
	owner := b.open(t)
	owner.logIn(t, ownersPassword)
	b.fails = apierror.New(apierror.StateNotSynced, "not synced")
	expect(t, owner.ask("POST", "/account/viewer/remove"), 507, "sudo petcam doctor")
}

func TestNoPasswordIsChangedWithoutTheOwnersAndAGoodNewOne(t *testing.T) {
	for _, name := range []string{"password", "viewer"} {
		other := map[string]string{"password": viewersPassword, "viewer": ownersPassword}[name]
		for _, c := range []struct {
			current, password, again string
			status                   int
			field                    string
		}{
			{"wrong", "a new horse", "a new horse", 403, "current"}, {viewersPassword, "a new horse", "a new horse", 403, "current"},
			{ownersPassword, "short", "short", 400, "new"}, {ownersPassword, other, other, 400, "new"},
			{ownersPassword, "a new horse", "another", 400, "again"},
		} {
			b := newBoard()
			owner := b.open(t)
			owner.logIn(t, ownersPassword)
			w := owner.ask("POST", "/account/"+name, "current", c.current, "password", c.password, "again", c.again)
			expect(t, w, c.status, fmt.Sprintf(`id="%s-%s"`, name, c.field))
			if n := strings.Count(w.Body.String(), "aria-invalid"); n != 1 || b.owner != ownersPassword || b.viewer != viewersPassword || !owner.isIn() {
				t.Errorf("%s %+v: %d", name, c, n)
			}
		}
	}
}

func TestWrongPasswordsOnTheAccountPageAreSlowedDownToo(t *testing.T) {
	b := newBoard()
	owner := b.open(t)
	owner.logIn(t, ownersPassword)
	owner.ask("POST", "/account/password", "current", "no")
	b.wait[b.tries[len(b.tries)-1]] = time.Second
	w := owner.ask("POST", "/account/password", "current", ownersPassword, "password", "a new horse", "again", "a new horse")
	expect(t, w, 429, "1 s")
	if b.owner != ownersPassword {
		t.Error(b.owner)
	}
}

func TestAViewerChangesNothing(t *testing.T) {
	b := newBoard()
	viewer := b.open(t)
	viewer.logIn(t, viewersPassword)
	for _, path := range []string{"password", "viewer", "viewer/remove", "logout-everywhere"} {
		expect(t, viewer.ask("POST", "/account/"+path), 403, "")
	}
	expect(t, viewer.ask("DELETE", "/api/recordings/x"), 403, `"Forbidden"`)
	expect(t, viewer.ask("POST", "/api/webrtc/offer"), 200, "")
	expectWay(t, viewer.ask("POST", "/logout"), 303, "/login")
}

func TestLoggingOutEverywhereEndsAllSessions(t *testing.T) {
	b := newBoard()
	owner, viewer := b.open(t), b.open(t)
	owner.logIn(t, ownersPassword)
	viewer.logIn(t, viewersPassword)
	b.ended = nil
	expectWay(t, owner.ask("POST", "/account/logout-everywhere"), 303, "/login")
	if owner.isIn() || viewer.isIn() || !slices.Equal(b.ended, []string{""}) {
		t.Error(b.ended)
	}
}
