package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	who "petcam/streamer/internal/access"
	"petcam/streamer/internal/config"
	"petcam/streamer/internal/page"
)

const ownersPassword = "the owner's password"

// withWebsite are settings of a service that serves the page too, and the page's address.
func withWebsite(t *testing.T) (c config.Config, site string) {
	t.Helper()
	if _, err := page.Open("petcam"); err != nil {
		t.Skip(err)
	}
	directory := t.TempDir()
	t.Setenv("STATE_DIRECTORY", directory)
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	t.Setenv("PETCAM_VIEWING_TOKENS", "")
	c = settings(t)
	c.Web.Server, c.Web.Host = "go", "127.0.0.1"
	c.Web.Port = freePort(t)
	passwords := who.NewPasswords(directory, nil, who.PlaceOf(directory, quiet()), quiet())
	if _, err := passwords.SetPassword(ownersPassword); err != nil {
		t.Fatal(err)
	}
	return c, "http://" + webAddress(c.Web)
}

// visitor is a browser.
type visitor struct {
	t    *testing.T
	site string
	http http.Client
}

func newVisitor(t *testing.T, site string) *visitor {
	jar, _ := cookiejar.New(nil)
	v := &visitor{t, site, http.Client{Jar: jar, Transport: &http.Transport{}}}
	t.Cleanup(v.http.CloseIdleConnections)
	return v
}

// ask sends a request as a page does; body is a form where it has no "{" at its beginning. An answer of status 0 is none.
func (v *visitor) ask(method, path, body string, headers ...string) (status int, text string) {
	v.t.Helper()
	request, err := http.NewRequestWithContext(v.t.Context(), method, v.site+path, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	kind := "application/x-www-form-urlencoded"
	if strings.HasPrefix(body, "{") {
		kind = "application/json"
	}
	request.Header.Set("Content-Type", kind)
	for at := 0; at+1 < len(headers); at += 2 {
		request.Header.Set(headers[at], headers[at+1])
	}
	answer, err := v.http.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = answer.Body.Close() }()
	all, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err.Error()
	}
	return answer.StatusCode, string(all)
}

// opened waits until the page is served.
func (v *visitor) opened() {
	v.t.Helper()
	eventually(v.t, "the page is served", func() bool { status, _ := v.ask("GET", "/healthz", ""); return status == 200 })
}

func (v *visitor) logIn() {
	v.t.Helper()
	if status, text := v.ask("POST", "/login", url.Values{"password": {ownersPassword}}.Encode()); status != 200 {
		v.t.Fatal(status, text)
	}
}

var inlinedConfig = regexp.MustCompile(`<script type="application/json" id="webrtc-config">(.*?)</script>`)

func TestTheStreamerServesThePageByItself(t *testing.T) {
	c, site := withWebsite(t)
	film(t, c.Camera.Stream)
	beginWith(t, c, open(t, c))
	v := newVisitor(t, site)
	v.opened()
	if status, text := v.ask("GET", "/", ""); status != 200 || !strings.Contains(text, `action="/login"`) {
		t.Fatal(status, text)
	}
	v.logIn()
	status, text := v.ask("GET", "/", "")
	if status != 200 || !inlinedConfig.MatchString(text) {
		t.Fatal(status, text)
	}
	t.Log(inlinedConfig.FindString(text))
}
