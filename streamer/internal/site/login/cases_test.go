package login

import (
	"bufio"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"petcam/streamer/internal/site"
)

// siteCase is a line of tests/site-cases.json; tests/unit/web/test_site_cases.py says what the fields mean.
type siteCase struct {
	As, State, Method, Path, Body, Peer string
	Sent                                map[string]string
	Answer                              struct {
		Status  int
		Headers map[string]string
		Text    string
	}
}

func readSiteCases(t *testing.T) (all []siteCase) {
	t.Helper()
	file, err := os.Open("../../../../tests/site-cases.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		var each siteCase
		if err := json.Unmarshal(lines.Bytes(), &each); err != nil {
			t.Fatal(err)
		}
		all = append(all, each)
	}
	if len(all) == 0 {
		t.Fatal("there are no cases")
	}
	return all
}

// request is the case's; the path's characters are bytes.
func (c *siteCase) request(b *board) *http.Request {
	var path []byte
	for _, r := range c.Path {
		path = append(path, byte(r))
	}
	var body io.Reader
	if c.Body != "" {
		body = strings.NewReader(c.Body)
	}
	r := httptest.NewRequest(c.Method, string(path), body)
	r.Host, r.RemoteAddr = "localhost", "192.0.2.50:1"
	if c.Peer != "" {
		r.RemoteAddr = c.Peer + ":1"
	}
	for name, value := range c.Sent {
		r.Header.Set(name, strings.ReplaceAll(value, "PROOF", site.TLSProof(make([]byte, 32))))
	}
	if host := c.Sent["Host"]; host != "" {
		r.Host = host
	}
	if role := Role(c.As); role == Owner || role == Viewer {
		r.AddCookie(b.logIn(role))
	}
	return r
}

// logIn begins a session and gives its cookie.
func (b *board) logIn(role Role) *http.Cookie {
	password := map[Role]string{Owner: b.owner, Viewer: b.viewer}[role]
	return cookies{b}.Make(b.Begin(role, password), role, password, false, "")
}

// comparable is a header as test_site_cases.py has it.
func comparable(name string, values []string) string {
	if name != "Set-Cookie" {
		return strings.Join(values, " | ")
	}
	parts := slices.DeleteFunc(strings.Split(values[0], "; "), func(part string) bool { return strings.HasPrefix(part, "Expires=") })
	slices.Sort(parts[1:])
	return strings.Join(parts, "; ")
}

func TestThePageAnswersAsTheSharedCasesSay(t *testing.T) {
	names := []string{
		"Content-Type", "Location", "Set-Cookie", "Vary", "Allow", "Retry-After", "WWW-Authenticate", "Cache-Control", "Content-Encoding",
	}
	for _, c := range readSiteCases(t) {
		b := newBoard()
		if c.State != "" {
			b.owner, b.viewer, b.firstVisit = "", "", c.State == "first visit"
		}
		w := httptest.NewRecorder()
		b.serve(t, c.As != "free").ServeHTTP(w, c.request(b))
		got := map[string]string{}
		for _, name := range names {
			if values := w.Header().Values(name); len(values) > 0 {
				got[name] = comparable(name, values)
			}
		}
		if w.Code != c.Answer.Status || !maps.Equal(got, c.Answer.Headers) || c.Answer.Text != "" && w.Body.String() != c.Answer.Text {
			t.Errorf("%s %s %s %s %v %s:\n%d %v\n%.200q\nnot\n%d %v\n%.200q", c.As, c.State, c.Method, c.Path, c.Sent, c.Peer,
				w.Code, got, w.Body, c.Answer.Status, c.Answer.Headers, c.Answer.Text)
		}
	}
}
