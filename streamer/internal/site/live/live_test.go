package live

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/config"
	"petcam/streamer/internal/page"
	"petcam/streamer/internal/site"
)

const fixture = `{"version": 1, "languages": ["en"], "words": {"en": {}}, "manifest": "{}",
 "static": [{"name": "a.png", "type": "image/png", "etag": "00000000000000ff", "gzipped": false, "counts": true}],
 "inlined": {"script": "", "old": "", "style": "", "icon": ""},
 "pages": {"error": {"en": ["error"]},
           "index": {"en": [["raw", "webrtc_config"], "|", ["text", "login"], "|", ["text", "exposed"], "|", ["text", "films"], "|",
                            ["text", "zone"]]}}}`

// visitors are those of a test: whoever has the cookie "who" is let in, as owner or viewer.
type visitors struct{ needed bool }

func (v visitors) LoginNeeded() bool         { return v.needed }
func (v visitors) Accepts(string) bool       { return false }
func (v visitors) MayTurnCamera(string) bool { return false }

func (v visitors) Find(r *site.Request) *site.Session {
	cookie, err := r.Cookie("who")
	if err != nil {
		return nil
	}
	return &site.Session{
		ID: "s-1", Owner: cookie.Value == "owner", Left: func() float64 { return 86_400 },
		Lasts: func() bool { return true }, End: func() {},
	}
}

// streamer answers what it was asked, or as a test wants it.
type streamer struct{ handle http.HandlerFunc }

func (s *streamer) Direct(method, path string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.handle != nil {
			s.handle(w, r)
			return
		}
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, "%s %s|%s %s|%s|%s|%s|%q\n", method, path, r.Method, r.URL.RequestURI(), r.RemoteAddr, r.Host,
			r.Header.Get("Authorization"), body)
	}
}

// bench is a site with the routes.
type bench struct {
	t        *testing.T
	options  Options
	visitors visitors
	streamer streamer
	cameraOn bool
	live     *Live // of the last site
}

func newBench(t *testing.T) *bench {
	b := &bench{t: t, visitors: visitors{needed: true}, cameraOn: true}
	b.options = Options{
		Config:  config.Default(),
		API:     &b.streamer,
		Streams: site.NewStreams(40),
		Token: func(host, session string, left float64) (string, error) {
			return fmt.Sprint(host, " ", session, " ", left), nil
		},
		Size:     func() Size { return Size{} },
		Troubles: func() []*apierror.Error { return nil },
	}
	return b
}

func (b *bench) site() *site.Site {
	b.t.Helper()
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, _ = writer.Write([]byte(fixture))
	_ = writer.Close()
	bundle, err := page.Read(fstest.MapFS{"index.json.gz": {Data: packed.Bytes()}, "static/a.png": {}}, "Cam")
	if err != nil {
		b.t.Fatal(err)
	}
	made := site.New(site.Options{
		Bundle: bundle, Config: b.options.Config, Visitors: b.visitors, Log: slog.New(slog.DiscardHandler),
		CameraOn: func() bool { return b.cameraOn },
	})
	b.live = New(b.options)
	made.Add(b.live.Routes()...)
	return made
}

// ask sends a request as the owner; headers are names, each with its value.
func (b *bench) ask(method, path, body string, headers ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), method, path, strings.NewReader(body))
	r.Host, r.RemoteAddr = "camera.local:8080", "192.168.1.7:5000"
	r.Header.Set("Cookie", "who=owner")
	for at := 0; at+1 < len(headers); at += 2 {
		r.Header.Set(headers[at], headers[at+1])
		switch headers[at] {
		case "Host":
			r.Host = headers[at+1]
		case "From":
			r.RemoteAddr = headers[at+1]
		}
	}
	w := httptest.NewRecorder()
	b.site().ServeHTTP(w, r)
	return w
}

func (b *bench) expect(want string, method, path, body string, headers ...string) {
	b.t.Helper()
	w := b.ask(method, path, body, headers...)
	if got := fmt.Sprint(w.Code, " ", w.Body); got != want {
		b.t.Errorf("%s %s %q:\n%s\ninstead of\n%s", method, path, body, got, want)
	}
}

func TestThePageHasWhatItNeedsBeforeItsFirstOffer(t *testing.T) {
	t.Setenv("TZ", ":/usr/share/zoneinfo/Asia/Tokyo")
	b := newBench(t)
	b.expect(`200 {"ice_servers": [], "signaling_url": "http://camera.local:8081/api/webrtc/offer", "token": "camera.local s-1 86400"}`+
		`|1|||Asia/Tokyo`, "GET", "/", "")
	b.expect(`200 {"signaling_url":"http://camera.local:8081/api/webrtc/offer","ice_servers":[],"token":"camera.local s-1 86400"}`,
		"GET", "/api/webrtc/config", "")

	b.options.Config.WebRTC.ICEServers = []string{"stun:a?<'&>"}
	b.options.Config.Camera.Microphone, b.options.Config.Camera.Source = "hw:0", "demo"
	b.options.Size = func() Size { return Size{352, 288, [2]int{16, 11}} }
	b.expect(`200 {"ice_servers": [{"urls": "stun:a?\u003c\u0027\u0026\u003e"}], "picture": [512, 288], "signaling_url": `+
		`"http://camera.local:8081/api/webrtc/offer", "sound": true, "token": "camera.local s-1 86400"}|1||1|Asia/Tokyo`, "GET", "/", "")
	b.expect(`200 {"signaling_url":"http://camera.local:8081/api/webrtc/offer","ice_servers":[{"urls":"stun:a?<'&>"}],`+
		`"picture":[512,288],"sound":true,"token":"camera.local s-1 86400"}`, "GET", "/api/webrtc/config", "")
}

func TestWithoutALoginThePageIsExposedWhereOthersReachIt(t *testing.T) {
	t.Setenv("TZ", "")
	b := newBench(t)
	b.visitors.needed, b.options.Config.Auth.Mode = false, "none"
	b.expect(`200 {"ice_servers": [], "signaling_url": "http://camera.local:8081/api/webrtc/offer"}||1||UTC`, "GET", "/", "", "Cookie", "")
	b.options.Config.Web.Host = "127.0.0.1"
	b.expect(`200 {"ice_servers": [], "signaling_url": "http://camera.local:8081/api/webrtc/offer"}||||UTC`, "GET", "/", "", "Cookie", "")
}

func TestOffersGoToThePublicAddressElseToThePagesOwnOriginWhereTheStreamersIsNotReached(t *testing.T) {
	b := newBench(t)
	b.options.Config.Streamer.PublicURL = "https://proxy.example/streamer/"
	b.expect(`200 {"signaling_url":"https://proxy.example/streamer/api/webrtc/offer","ice_servers":[],"token":"camera.local s-1 86400"}`,
		"GET", "/api/webrtc/config", "")
	b.options.Config.Streamer.PublicURL = ""
	b.options.Config.Web.TrustedProxies = []string{"192.168.1.7"}
	b.expect(`200 {"signaling_url":"/cam/api/webrtc/offer","ice_servers":[],"token":"camera.local s-1 86400"}`,
		"GET", "/api/webrtc/config", "", "X-Forwarded-For", "192.168.1.9", "X-Forwarded-Prefix", "/cam")
}

func TestWithoutAKeyThereIsNoToken(t *testing.T) {
	b := newBench(t)
	b.options.Token = func(string, string, float64) (string, error) { return "", context.Canceled }
	b.expect(`200 {"signaling_url":"http://camera.local:8081/api/webrtc/offer","ice_servers":[]}`, "GET", "/api/webrtc/config", "")
}

func TestThePictureKeepsTheSizeThatWasKnownLast(t *testing.T) {
	found := Size{640, 480, [2]int{1, 1}}
	size := pictureSize{ask: func() Size { return found }}
	if got := size.now(); got == nil || *got != [2]int{640, 480} {
		t.Fatal(got)
	}
	for _, found = range []Size{{}, {0, 480, [2]int{1, 1}}, {640, 480, [2]int{1, 0}}, {1, 480, [2]int{1, 8}}} {
		if got := size.now(); got == nil || *got != [2]int{640, 480} {
			t.Error(found, got)
		}
	}
}

func TestOffersAreTheVisitorsAndControlIsThisMachines(t *testing.T) {
	b := newBench(t)
	b.expect("200 POST /api/webrtc/offer|POST /api/webrtc/offer|192.168.1.7:0|camera.local:8080|Bearer t|\"no JSON\"\n",
		"POST", "/api/webrtc/offer", "no JSON", "Authorization", "Bearer t", "X-Petcam-Viewer", "10.0.0.1")
	for path, passed := range map[string]string{
		"/api/webrtc/sound": "/api/webrtc/sound", "/api/recording/start": "/start", "/api/recording/stop": "/stop", "/api/recording/past": "/past",
	} {
		asked := "200 POST " + passed + "|POST " + passed + "|127.0.0.1:0|127.0.0.1||"
		b.expect(asked+"\"{}\"\n", "POST", path, " ", "Authorization", "Bearer t")
		b.expect(asked+"\"{\\\"a\\\":[1.50,null]}\"\n", "POST", path, ` {"a": [1.50, null]}`)
		b.expect(`400 {"error":"Bad request","message":"the body must be a JSON object"}`, "POST", path, "[]")
		b.expect(`413 {"error":"Too large","message":"the body may have at most 4096 bytes"}`, "POST", path, strings.Repeat(" ", 4097))
	}
	b.expect("200 GET /status|GET /status|127.0.0.1:0|127.0.0.1||\"\"\n", "GET", "/api/recording/status", "")
	b.expect(`413 {"error":"Too large","message":"the body may have at most 65536 bytes"}`, "POST", "/api/webrtc/offer", strings.Repeat(" ", 65537))
}

func TestWhatTheStreamerRefusesIsPassedOn(t *testing.T) {
	b := newBench(t)
	b.streamer.handle = func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "2")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, `{"error":"x"}`+"\n")
	}
	w := b.ask("POST", "/api/webrtc/offer", "{}", "Accept", "text/html")
	if w.Code != 429 || w.Body.String() != `{"error":"x"}`+"\n" || w.Header().Get("Retry-After") != "2" ||
		w.Header().Get("Content-Type") != "application/json" {
		t.Error(w)
	}
}

func TestAViewerMayWatchAndHearButRecordNothing(t *testing.T) {
	b := newBench(t)
	for path, status := range map[string]int{
		"/api/webrtc/offer": 200, "/api/webrtc/sound": 200, "/api/recording/start": 403, "/api/recording/stop": 403, "/api/recording/past": 403,
	} {
		if w := b.ask("POST", path, "{}", "Cookie", "who=viewer"); w.Code != status {
			t.Errorf("%s: %d", path, w.Code)
		}
		if w := b.ask("POST", path, "{}", "Cookie", ""); w.Code != 401 {
			t.Errorf("%s without a login: %d", path, w.Code)
		}
	}
}

func TestWhileTheCameraIsOffNothingBegins(t *testing.T) {
	b := newBench(t)
	b.cameraOn = false
	for path, status := range map[string]int{
		"/api/webrtc/offer": 503, "/api/webrtc/sound": 503, "/api/recording/start": 503, "/api/recording/stop": 200, "/api/recording/past": 503,
	} {
		if w := b.ask("POST", path, "{}"); w.Code != status {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if w := b.ask("GET", "/api/past.mp4", ""); w.Code != 503 {
		t.Error(w)
	}
}

func TestTheHealthIsTheStreamersAndWhatIsBesideIt(t *testing.T) {
	b := newBench(t)
	b.options.Beside = []Beside{{"events", NoEvents}}
	b.streamer.handle = func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"faults":["a \u003cb\u003e \u0026 \\u003c"],"status":"ok"}`+"\n")
	}
	b.expect(`200 {"faults":["a <b> & \\u003c"],"status":"ok","mjpeg_clients":0,"events":{"running":false,"status":"",`+
		`"trouble":"petcam-events does not run: sudo systemctl start petcam.target"}}`, "GET", "/api/go/health", "")
}

func TestOnlyThisMachineLearnsWhatIsDamaged(t *testing.T) {
	b := newBench(t)
	b.options.Troubles = func() []*apierror.Error {
		return []*apierror.Error{apierror.New(apierror.StateDamaged, "a file: remove it")}
	}
	b.expect(`200 {"status":"ok"}`, "GET", "/healthz", "", "Cookie", "")
	b.expect(`200 {"status":"ok","faults":["a file: remove it"]}`, "GET", "/healthz", "", "Cookie", "", "From", "127.0.0.1:1", "Host", "localhost")
	b.options.Troubles = func() []*apierror.Error { return nil }
	b.expect(`200 {"status":"ok","faults":[]}`, "GET", "/healthz", "", "From", "[::1]:1", "Host", "localhost")
}
