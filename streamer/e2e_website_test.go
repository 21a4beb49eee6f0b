package main

import (
	"crypto/tls"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	who "petcam/streamer/internal/access"
	"petcam/streamer/internal/config"
	"petcam/streamer/internal/page"
	"petcam/streamer/internal/rtc/rtctest"
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

// object asks for a JSON object.
func (v *visitor) object(method, path, body string, status int) (object map[string]any) {
	v.t.Helper()
	got, text := v.ask(method, path, body)
	if err := json.Unmarshal([]byte(text), &object); err != nil || got != status {
		v.t.Fatalf("%s %s: %d instead of %d: %s", method, path, got, status, text)
	}
	return object
}

// watch makes an offer through the page's own origin, with a token of the page's.
func (v *visitor) watch() *rtctest.Viewer {
	v.t.Helper()
	viewer := rtctest.New(v.t)
	token := v.object("GET", "/api/webrtc/config", "", 200)["token"].(string)
	status, text := v.offer(viewer.Offer(), token)
	var answer struct{ SDP string }
	if err := json.Unmarshal([]byte(text), &answer); err != nil || status != 200 {
		v.t.Fatal(status, text)
	}
	viewer.Accept(answer.SDP)
	viewer.Frame()
	return viewer
}

func (v *visitor) offer(sdp, token string) (status int, text string) {
	v.t.Helper()
	body, err := json.Marshal(map[string]string{"type": "offer", "sdp": sdp})
	if err != nil {
		v.t.Fatal(err)
	}
	return v.ask("POST", "/api/webrtc/offer", string(body), "Authorization", "Bearer "+token)
}

// beginWebsite runs a service whose configuration file says who serves the page, and gives what writes and reloads that.
func beginWebsite(t *testing.T, c config.Config, log *slog.Logger) (url string, reload func(text string)) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "petcam.yaml")
	s, err := Open(c, openAccess(c, log), log)
	if err != nil {
		t.Fatal(err)
	}
	s.reloads = newReloads(file, log)
	t.Cleanup(s.reloads.stop) // once the service has ended
	return runUntilEnd(t, s), func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTheStreamerServesThePageByItself(t *testing.T) {
	c, site := withWebsite(t)
	film(t, c.Camera.Stream)
	beginWith(t, c, open(t, c))
	v := newVisitor(t, site)
	v.opened()
	if status, text := v.ask("GET", "/", ""); status != 200 || !strings.Contains(text, `action="/login"`) {
		t.Fatal(status, text)
	}
	if status, text := v.ask("GET", "/api/webrtc/config", ""); status != 401 {
		t.Fatal(status, text)
	}
	v.logIn()
	eventually(t, "the picture's size is known", func() bool {
		status, text := v.ask("GET", "/", "")
		inlined := inlinedConfig.FindStringSubmatch(text)
		return status == 200 && inlined != nil && strings.Contains(inlined[1], `"picture": [1280, 720], "signaling_url": "http://127.0.0.1:`)
	})
	health := v.object("GET", "/api/go/health", "", 200)
	if health["mjpeg_clients"] != 0.0 || health["events"].(map[string]any)["running"] != false || health["camera"] == nil {
		t.Fatal(health)
	}
}

func TestWhoLogsOutSeesNothingMore(t *testing.T) {
	c, site := withWebsite(t)
	film(t, c.Camera.Stream)
	beginWith(t, c, open(t, c))
	v, other := newVisitor(t, site), newVisitor(t, site)
	v.opened()
	v.logIn()
	other.logIn()
	viewer, stays := v.watch(), other.watch()
	kept := v.object("GET", "/api/webrtc/config", "", 200)["token"].(string)
	if status, text := v.ask("POST", "/logout", ""); status != 200 {
		t.Fatal(status, text)
	}
	viewer.Left()
	if status, _ := other.offer(rtctest.New(t).Offer(), kept); status != 401 {
		t.Errorf("an offer with a token of the session that has ended: %d", status)
	}
	stays.Frame()
}

func TestTheOwnerRecordsAndLooksBackOnThePageOfTheStreamer(t *testing.T) {
	c, site := withWebsite(t)
	film(t, c.Camera.Stream)
	beginWith(t, c, open(t, c))
	v := newVisitor(t, site)
	v.opened()
	v.logIn()
	v.object("POST", "/api/recording/stop", "", 409)
	v.object("POST", "/api/recording/start", `{"filename": 5}`, 400)
	if got := v.object("POST", "/api/recording/start", `{"filename": "cat"}`, 200); got["status"] != "recording" {
		t.Fatal(got)
	}
	if got := v.object("GET", "/api/recording/status", "", 200); got["recording"] != true {
		t.Fatal(got)
	}
	v.object("POST", "/api/recording/stop", "{}", 200)
	v.object("POST", "/api/recording/past", `{"seconds": 2}`, 200)
	v.object("GET", "/api/past.mp4?from=0", "", 400)
	if status, film := v.ask("GET", "/api/past.mp4?from=1&for=0.3", ""); status != 200 || !strings.Contains(film[:32], "ftyp") {
		t.Fatal(status, len(film))
	}
}

func TestWhoServesThePageChangesUnderViewersAndARecording(t *testing.T) {
	c, site := withWebsite(t)
	film(t, c.Camera.Stream)
	said := &logBuffer{}
	url, reload := beginWebsite(t, c, slog.New(slog.NewTextHandler(said, nil)))
	v := newVisitor(t, site)
	v.opened()
	v.logIn()
	viewer := v.watch()
	v.object("POST", "/api/recording/start", "{}", 200)
	stillGoes := func() {
		t.Helper()
		for range 3 {
			viewer.Frame()
		}
		if got := want(t, "GET", url+"/status", nil, 200); got["recording"] != true {
			t.Fatal(got)
		}
	}
	reload("web: {server: nobody}\n")
	eventually(t, "the mistake is said", func() bool { return strings.Contains(said.String(), "has a mistake") })
	v.object("GET", "/api/recording/status", "", 200)
	stillGoes()

	past, err := v.http.Get(site + "/api/past.mp4?from=1")
	if err != nil || past.StatusCode != 200 {
		t.Fatal(past, err)
	}
	reload("web: {server: python}\n")
	if _, err := io.Copy(io.Discard, past.Body); err != nil {
		t.Error("the past did not end as it should:", err)
	}
	_ = past.Body.Close()
	eventually(t, "the page is not served", func() bool { status, _ := v.ask("GET", "/healthz", ""); return status == 0 })
	var other net.Listener
	eventually(t, "the port is free", func() (is bool) {
		var err error
		other, err = net.Listen("tcp4", webAddress(c.Web))
		return err == nil
	})
	if text, err := os.ReadFile(filepath.Join(webState(), "sessions.json")); err != nil || !strings.Contains(string(text), `"owner"`) {
		t.Fatalf("the state is not written: %s, %v", text, err)
	}
	stillGoes()

	reload("web: {server: go}\n")
	eventually(t, "it waits for the port", func() bool { return strings.Contains(said.String(), "is taken by another program") })
	stillGoes()
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	v.opened()
	v.object("GET", "/api/recording/status", "", 200) // the same session
	stillGoes()
}

func TestThePageLeavesNothingBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	t.Run("service", func(t *testing.T) {
		c, site := withWebsite(t)
		c.Auth.Mode = "none"
		film(t, c.Camera.Stream)
		beginWith(t, c, open(t, c))
		v := newVisitor(t, site)
		v.opened()
		past, err := v.http.Get(site + "/api/past.mp4?from=1")
		if err != nil || past.StatusCode != 200 {
			t.Fatal(past, err)
		}
		t.Cleanup(func() { _ = past.Body.Close() })
	})
	eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= before })
}

func TestAPageWithoutLoginIsForEverybody(t *testing.T) {
	c, site := withWebsite(t)
	c.Auth.Mode, c.WebRTC.Backend = "none", "python" // which is not heeded
	film(t, c.Camera.Stream)
	beginWith(t, c, open(t, c))
	v := newVisitor(t, site)
	v.opened()
	status, text := v.ask("GET", "/", "")
	if inlined := inlinedConfig.FindString(text); status != 200 || !strings.Contains(inlined, `"http://127.0.0.1:`) || strings.Contains(inlined, "token") {
		t.Fatal(status, text)
	}
	if status, text := v.offer(rtctest.New(t).Offer(), ""); status != 200 {
		t.Fatal(status, text)
	}
}

func TestTheTLSProxyLeadsToTheStreamersOwnPage(t *testing.T) {
	c, _ := withWebsite(t)
	c.Web.TLS, c.Web.TLSPort = "auto", freePort(t)
	beginWith(t, c, open(t, c))
	v := newVisitor(t, "https://127.0.0.1:"+strconv.Itoa(c.Web.TLSPort))
	v.http.Transport.(*http.Transport).TLSClientConfig = &tls.Config{InsecureSkipVerify: true}
	v.opened()
	v.logIn()
	got := v.object("GET", "/api/webrtc/config", "", 200)
	if got["signaling_url"] != "/api/webrtc/offer" { // it knows that it is HTTPS
		t.Error(got)
	}
}

func TestTheStateIsOpenedAnewWhenItsDiskComes(t *testing.T) {
	c, site := withWebsite(t)
	credentials := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", credentials)
	mark := strings.Repeat("0f", 16)
	if err := os.WriteFile(filepath.Join(credentials, "place"), []byte(mark), 0o600); err != nil {
		t.Fatal(err)
	}
	film(t, c.Camera.Stream)
	beginWith(t, c, open(t, c))
	v := newVisitor(t, site)
	v.opened()
	password := url.Values{"password": {ownersPassword}}.Encode()
	if status, text := v.ask("POST", "/login", password); status != 401 || !strings.Contains(v.faults(), "is not where petcam was set up") {
		t.Fatal(status, v.faults(), text)
	}
	if err := os.WriteFile(filepath.Join(webState(), ".petcam-place"), []byte(mark), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the owner is let in", func() bool { status, _ := v.ask("POST", "/login", password); return status == 200 })
	if got := v.faults(); got != "[]" {
		t.Error(got)
	}
}

// faults are what the page says of its state to programs on this machine.
func (v *visitor) faults() string {
	v.t.Helper()
	faults, err := json.Marshal(v.object("GET", "/healthz", "", 200)["faults"])
	if err != nil {
		v.t.Fatal(err)
	}
	return string(faults)
}
