package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/camera"
	"petcam/streamer/internal/record"
	"petcam/streamer/internal/rtc"
)

// fake is the viewers, the recorder and the camera, and fails with err where it is set.
type fake struct {
	err    error
	offer  string
	client rtc.Client
	ended  []string // sessions
	asked  []string // of viewers by their id
	label  string
	back   time.Duration    // how far
	lease  [2]time.Duration // that was asked for: how long, and how far back
	camera camera.Health    // where its State is set

	answering func() // is called within Answer
}

func (f *fake) Answer(_ context.Context, offer string, client rtc.Client) (string, error) {
	f.offer, f.client = offer, client
	if f.answering != nil {
		f.answering()
	}
	return "the answer", f.err
}
func (f *fake) EndSession(session string) int {
	f.ended = append(f.ended, session)
	return 2
}
func (f *fake) End(id, session string) bool {
	f.asked = append(f.asked, "end", id, session)
	return id == f.client.ID
}
func (f *fake) Trickle(id, session, fragment string) error {
	f.asked = append(f.asked, "trickle", id, session, fragment)
	return f.err
}
func (f *fake) Listen(page string, on bool) error {
	f.asked = append(f.asked, "listen", page, strconv.FormatBool(on))
	return f.err
}
func (f *fake) Listeners() int { return 2 }
func (f *fake) Viewers() int   { return 3 }
func (f *fake) Stats() rtc.Stats {
	return rtc.Stats{Frames: 12, Bytes: 3456, Skipped: 7, Retransmitted: 8, SoundPackets: 50}
}

func (f *fake) Start(label string) (string, error) {
	f.label = label
	return "petcam_1.mp4", f.err
}
func (f *fake) Stop() (record.Status, error) { return f.Status(), f.err }
func (f *fake) Status() record.Status {
	return record.Status{Recording: true, Filename: "petcam_1.mp4", FrameCount: 90, BytesWritten: 5000, Duration: 3.5}
}
func (f *fake) Totals() record.Totals {
	return record.Totals{Frames: 900, Bytes: 70000, Seconds: 30.5, Dropped: 4, Syncs: 6, SyncTime: 90 * time.Millisecond, Free: 1 << 20}
}
func (f *fake) Keep(span, preRoll time.Duration) (record.Leased, error) {
	f.lease = [2]time.Duration{span, preRoll}
	file := record.KeptFile{Filename: "petcam_2~visit.mp4", FirstNS: 1 << 62}
	return record.Leased{KeptFile: file, Recording: true, Files: []record.KeptFile{file}}, f.err
}
func (f *fake) ByItself() *record.ByItself {
	return &record.ByItself{Status: record.Status{Recording: true, Filename: "petcam_2~visit.mp4", FrameCount: 7}, Kind: "visit"}
}
func (f *fake) Mode() record.Mode { return record.Visits }
func (f *fake) Health() camera.Health {
	if f.camera.State != "" {
		return f.camera
	}
	return camera.Health{State: "live", Width: 1280, Height: 720, FPS: 30, Bitrate: 2000000, AgeMS: 12, KeyframeAgeMS: 800,
		Aspect: [2]int{1, 1}}
}

func optionsOf(f *fake) Options {
	return Options{Viewers: f, Recorder: f, Past: f, Keeper: f, Camera: f, WebPort: 8080, PublicURL: "https://pets.example/streamer",
		Names: func() []string { return []string{"pets.example"} }, Scrapers: []netip.Prefix{netip.MustParsePrefix("192.168.7.0/24")},
		Faults: func() []string { return []string{"a file: is damaged; remove it"} }, Version: `1.0"`, Log: slog.New(slog.DiscardHandler)}
}

// ask sends one request to a new API; change may alter it first.
func ask(t *testing.T, f *fake, method, path, body string, change func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	return askOf(New(optionsOf(f)), method, path, body, change)
}

func askOf(server *Server, method, path, body string, change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://camera:8081"+path, strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:40000"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	server.Handler.ServeHTTP(w, r)
	return w
}

// fields reads a JSON answer with the status that it must have.
func fields(t *testing.T, w *httptest.ResponseRecorder, status int) map[string]any {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != status {
		t.Fatalf("status %d instead of %d: %s", w.Code, status, w.Body)
	}
	if kind := w.Header().Get("Content-Type"); kind != "application/json" {
		t.Fatalf("content type %q", kind)
	}
	return got
}

func expectError(t *testing.T, w *httptest.ResponseRecorder, status int, code apierror.Code) {
	t.Helper()
	got := fields(t, w, status)
	if got["error"] != string(code) || got["message"] == "" || len(got) != 2 {
		t.Errorf("got %v, want %q", got, code)
	}
}

const offerBody = `{"type":"offer","sdp":"v=0"}`

func header(key, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(key, value) }
}

func TestOfferIsAnswered(t *testing.T) {
	f := &fake{camera: camera.Health{State: "live", Aspect: [2]int{16, 11}}}
	got := fields(t, ask(t, f, "POST", "/api/webrtc/offer", offerBody, func(r *http.Request) {
		r.RemoteAddr = "[::ffff:192.0.2.9]:1234"
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
	}), 200)
	if got["type"] != "answer" || got["sdp"] != "the answer" || f.offer != "v=0" || f.client.Remote.String() != "192.0.2.9" {
		t.Fatal(got, f)
	}
	if fmt.Sprint(got["aspect"]) != "[16 11]" {
		t.Errorf("a pixel is of %v", got["aspect"])
	}
}

func TestEveryErrorHasItsStatus(t *testing.T) {
	for code, status := range map[apierror.Code]int{
		apierror.BadRequest: 400, apierror.BadOffer: 400, apierror.LoginRequired: 401, apierror.Forbidden: 403, apierror.NotFound: 404, apierror.MethodNotAllowed: 405,
		apierror.AlreadyRecording: 409, apierror.NotRecording: 409, apierror.PreconditionFailed: 412, apierror.NotPossible: 422, apierror.PreconditionRequired: 428, apierror.TooLarge: 413, apierror.TooManyRequests: 429, apierror.UnsupportedMedia: 415,
		apierror.NoVideo: 503, apierror.TooManyViewers: 503, apierror.RecordingFailed: 507, apierror.Internal: 500,
	} {
		w := ask(t, &fake{err: apierror.New(code, "why")}, "POST", "/start", "", nil)
		expectError(t, w, status, code)
		if again := w.Header().Get("Retry-After"); (again != "") != (code == apierror.TooManyViewers || code == apierror.TooManyRequests) {
			t.Errorf("%s: Retry-After %q", code, again)
		}
	}
}

func TestInternalErrorsAreOnlyLogged(t *testing.T) {
	for _, err := range []error{errors.New("secret /path"), apierror.New(apierror.Internal, "sorry").WithCause(errors.New("secret"))} {
		w := ask(t, &fake{err: err}, "POST", "/stop", "", nil)
		expectError(t, w, 500, apierror.Internal)
		if strings.Contains(w.Body.String(), "secret") {
			t.Error(w.Body)
		}
	}
}

func TestBadBodiesAreRefused(t *testing.T) {
	const offer, control = "/api/webrtc/offer", "/start"
	for _, c := range []struct {
		path, body string
		kind       string // content type; - leaves it out
		status     int
		code       apierror.Code
	}{
		{offer, "", "application/json", 400, apierror.BadRequest},
		{offer, "", "-", 415, apierror.UnsupportedMedia},
		{offer, offerBody, "text/plain", 415, apierror.UnsupportedMedia},
		{offer, offerBody, "-", 415, apierror.UnsupportedMedia},
		{offer, offerBody, "application/json; ;", 415, apierror.UnsupportedMedia},
		{offer, "null", "application/json", 400, apierror.BadRequest},
		{offer, "[]", "application/json", 400, apierror.BadRequest},
		{offer, `"v=0"`, "application/json", 400, apierror.BadRequest},
		{offer, offerBody + "x", "application/json", 400, apierror.BadRequest},
		{offer, `{"type":"offer","sdp":5}`, "application/json", 400, apierror.BadRequest},
		{offer, `{"type":["offer"],"sdp":""}`, "application/json", 400, apierror.BadRequest},
		{offer, `{}`, "application/json", 400, apierror.BadOffer},
		{offer, `{"type":"answer","sdp":"v=0"}`, "application/json", 400, apierror.BadOffer},
		{offer, `{"type":"offer","sdp":"` + strings.Repeat("a", 64<<10) + `"}`, "application/json", 413, apierror.TooLarge},
		{control, "{", "application/json", 400, apierror.BadRequest},
		{control, "[1]", "application/json", 400, apierror.BadRequest},
		{control, `{"filename":5}`, "application/json", 400, apierror.BadRequest},
		{control, strings.Repeat("[", 4000), "application/json", 400, apierror.BadRequest},
		{control, `{"filename":"x"}`, "text/plain", 415, apierror.UnsupportedMedia},
		{control, strings.Repeat(" ", 4097), "application/json", 413, apierror.TooLarge},
		{"/stop", strings.Repeat(" ", 4097), "application/json", 413, apierror.TooLarge},
	} {
		f := &fake{}
		w := ask(t, f, "POST", c.path, c.body, func(r *http.Request) {
			r.Header.Del("Content-Type")
			if c.kind != "-" {
				r.Header.Set("Content-Type", c.kind)
			}
		})
		expectError(t, w, c.status, c.code)
		if f.offer != "" || f.label != "" {
			t.Errorf("%+v was let through", c)
		}
	}
}

func TestRecordingIsStartedStoppedAndReported(t *testing.T) {
	f := &fake{}
	for _, body := range []string{"", "{}", `{"filename":null}`, `{"other":1}`} {
		f.label = "?"
		got := fields(t, ask(t, f, "POST", "/start", body, nil), 200)
		if got["status"] != "recording" || got["filename"] != "petcam_1.mp4" || f.label != "" {
			t.Errorf("%q: %v, label %q", body, got, f.label)
		}
	}
	if ask(t, f, "POST", "/start", `{"filename":"cat.1"}`, nil); f.label != "cat.1" {
		t.Error(f.label)
	}
	stopped := fields(t, ask(t, f, "POST", "/stop", "", nil), 200)
	if stopped["status"] != "stopped" || stopped["frame_count"] != 90.0 || stopped["bytes_written"] != 5000.0 ||
		stopped["duration"] != 3.5 || stopped["filename"] != "petcam_1.mp4" {
		t.Error(stopped)
	}
	status := fields(t, ask(t, f, "GET", "/status", "", nil), 200)
	if status["recording"] != true || status["error"] != "" || status["dropped_frames"] != 0.0 || status["recording_mode"] != "visits" || len(status) != 10 {
		t.Error(status)
	}
	if itself := status["by_itself"].(map[string]any); itself["kind"] != "visit" || itself["recording"] != true ||
		itself["frame_count"] != 7.0 || len(itself) != 9 {
		t.Error(itself)
	}
}

func TestHealthReportsAllToThisMachine(t *testing.T) {
	got := fields(t, ask(t, &fake{}, "GET", "/health", "", nil), 200)
	if got["status"] != "ok" || got["webrtc_clients"] != 3.0 || got["recording"] != true || got["recording_error"] != "" {
		t.Error(got)
	}
	if got["camera"].(map[string]any)["state"] != "live" || got["uptime"].(float64) < 0 {
		t.Error(got)
	}
	if got["by_itself"].(map[string]any)["filename"] != "petcam_2~visit.mp4" || got["recording_mode"] != "visits" {
		t.Error(got)
	}
}

func TestHealthReportsNothingElseToOthers(t *testing.T) {
	for name, change := range map[string]func(*http.Request){
		"LAN": from("192.168.7.20:9"), "proxy": header("X-Forwarded-For", "127.0.0.1"), "page": header("Origin", "http://camera:8080"),
	} {
		if got := fields(t, ask(t, &fake{}, "GET", "/health", "", change), 200); len(got) != 1 || got["status"] != "ok" {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestSessionsAreEnded(t *testing.T) {
	f := &fake{}
	for _, body := range []string{`{"session":"s1"}`, `{"all":true}`} {
		if got := fields(t, ask(t, f, "POST", "/sessions/end", body, nil), 200); got["closed"] != 2.0 {
			t.Error(got)
		}
	}
	if !slices.Equal(f.ended, []string{"s1", ""}) {
		t.Errorf("%q", f.ended)
	}
	for _, body := range []string{"", "{}", `{"session":""}`, `{"session":"s1","all":true}`, `{"all":false}`, `{"session":1}`} {
		if w := ask(t, f, "POST", "/sessions/end", body, nil); w.Code < 400 || w.Code > 415 || len(f.ended) != 2 {
			t.Errorf("%q: %d", body, w.Code)
		}
	}
}

func TestUnknownPathsAndMethodsAreAnsweredInJSON(t *testing.T) {
	for _, path := range []string{"/", "/start/", "/api/webrtc", "/../status", "/%00"} {
		expectError(t, ask(t, &fake{}, "GET", path, "", nil), 404, apierror.NotFound)
	}
	w := ask(t, &fake{}, "DELETE", "/api/webrtc/offer", "", nil)
	expectError(t, w, 405, apierror.MethodNotAllowed)
	if w.Header().Get("Allow") != "OPTIONS, POST" {
		t.Error(w.Header())
	}
	expectError(t, ask(t, &fake{}, "GET", "/start", "", nil), 405, apierror.MethodNotAllowed)
	if w := ask(t, &fake{}, "HEAD", "/health", "", nil); w.Code != 200 {
		t.Error(w.Code)
	}
}

func TestAnErrorsReasonIsInTheAnswer(t *testing.T) {
	f := &fake{err: apierror.New(apierror.RecordingFailed, "The disk is full").WithReason("Disk full")}
	if got := fields(t, ask(t, f, "POST", "/start", "", nil), 507); got["error"] != "Recording failed" || got["reason"] != "Disk full" {
		t.Error(got)
	}
}
