package site

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"go.yaml.in/yaml/v3"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/config"
	"petcam/streamer/internal/page"
)

const fixture = `{"version": 1, "languages": ["en", "ja"],
 "words": {"en": {"refusals.Not found": "Not there.", "refusals.unknown_host": "Not {name}.", "errors.Internal error": "Broken.",
                  "refusals.foreign_page": "Foreign.", "page.error.other": "Other."},
           "ja": {"refusals.Not found": "ない", "refusals.unknown_host": "{name}?", "errors.Internal error": "故障",
                  "refusals.foreign_page": "他", "page.error.other": "他"}},
 "pages": {"error": {"en": ["en|", ["text", "status"], "|", ["text", "text"], "|", ["text", "here"], "|", ["text", "href.ja"]],
                     "ja": ["ja|", ["text", "text"]]},
           "p": {"en": ["page ", ["text", "may_change"], ["text", "root"]], "ja": ["頁"]}},
 "static": [{"name": "a.js", "type": "text/javascript", "etag": "0123456789abcdef", "gzipped": true, "counts": true},
            {"name": "b.png", "type": "image/png", "etag": "00000000000000ff", "gzipped": false, "counts": true}],
 "inlined": {"script": "", "old": "", "style": "", "icon": ""}, "manifest": "{}"}`

// visitors are fakes: everybody has the session that is set, and one token is good.
type visitors struct {
	needed  bool
	session *Session
}

func (v *visitors) LoginNeeded() bool               { return v.needed }
func (v *visitors) Find(*Request) *Session          { return v.session }
func (v *visitors) Accepts(token string) bool       { return token == "good" }
func (v *visitors) MayTurnCamera(token string) bool { return token == "turns" }

func packed(text string) []byte {
	var out bytes.Buffer
	writer := gzip.NewWriter(&out)
	_, _ = io.WriteString(writer, text)
	_ = writer.Close()
	return out.Bytes()
}

func openSite(t *testing.T, change func(*Options)) *Site {
	t.Helper()
	bundle, err := page.Read(fstest.MapFS{
		"index.json.gz": {Data: packed(fixture)}, "static/a.js": {Data: packed("code()")}, "static/b.png": {Data: []byte("png")},
	}, "Cam")
	if err != nil {
		t.Fatal(err)
	}
	options := Options{
		Bundle: bundle, Config: config.Default(), Visitors: &visitors{}, Log: slog.New(slog.DiscardHandler),
		Names:    func() []string { return []string{"petcam-box"} },
		TLSProof: func() string { return TLSProof(make([]byte, 32)) },
	}
	if change != nil {
		change(&options)
	}
	s := New(options)
	ok := func(w http.ResponseWriter, r *Request) error {
		JSON(w, http.StatusOK, Object{{"name", r.Param("name")}, {"client", r.Client}, {"root", r.Root}, {"secure", r.Secure}})
		return nil
	}
	s.Add(
		Route{Method: "GET", Path: "/", Marks: Page, Handle: func(w http.ResponseWriter, r *Request) error {
			r.Page(w, http.StatusOK, "p", page.Values{}, true)
			return nil
		}},
		Route{Method: "GET", Path: "/login", Marks: Page | ForEverybody, Handle: ok},
		Route{Method: "POST", Path: "/login", Marks: Page | ForEverybody, Handle: ok},
		Route{Method: "GET", Path: "/api/things", Handle: ok},
		Route{Method: "GET", Path: "/api/things/days", Handle: ok},
		Route{Method: "GET", Path: "/api/things/<name>", Handle: ok},
		Route{Method: "DELETE", Path: "/api/things/<name>", Handle: ok},
		Route{Method: "GET", Path: "/stream", Marks: ForPrograms | Live, Handle: ok},
		Route{Method: "PUT", Path: "/api/camera", Marks: ForSwitches, Handle: ok},
		Route{Method: "POST", Path: "/api/offer", Marks: ForViewers, Handle: ok},
		Route{Method: "GET", Path: "/api/owner", Marks: ForOwner, Handle: ok},
		Route{Method: "GET", Path: "/api/defect", Handle: func(http.ResponseWriter, *Request) error { panic("the secret inside") }},
		Route{Method: "GET", Path: "/api/busy", Handle: func(w http.ResponseWriter, _ *Request) error {
			w.Header().Set("X-Left", "over")
			return apierror.New(apierror.TooManyClients, "all taken").WithReason("why")
		}},
	)
	return s
}

// ask sends a request; headers are names, each with its value.
func ask(s http.Handler, method, target string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	r.Host = "localhost"
	r.RemoteAddr = "192.0.2.1:1"
	for at := 0; at+1 < len(headers); at += 2 {
		switch headers[at] {
		case "Host":
			r.Host = headers[at+1]
		case "From":
			r.RemoteAddr = headers[at+1]
		case "Body":
			r.Body = io.NopCloser(strings.NewReader(headers[at+1]))
			r.ContentLength = int64(len(headers[at+1]))
		default:
			r.Header.Add(headers[at], headers[at+1])
		}
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func expect(t *testing.T, w *httptest.ResponseRecorder, status int, body string) {
	t.Helper()
	if w.Code != status || !strings.Contains(w.Body.String(), body) {
		t.Errorf("%d %q, not %d %q", w.Code, w.Body, status, body)
	}
}

func TestHostsOfTheSharedCases(t *testing.T) {
	var all struct {
		Machine struct {
			Hostname   string
			WebHosts   []string `yaml:"web_hosts"`
			ExtraHosts []string `yaml:"extra_hosts"`
			PublicURL  string   `yaml:"public_url"`
		}
		Cases []struct {
			Host string
			Ours yaml.Node
		}
	}
	text, err := os.ReadFile("../../../tests/host-cases.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &all); err != nil || len(all.Cases) == 0 {
		t.Fatal(err, len(all.Cases))
	}
	c := config.Default()
	c.Web.Hosts, c.WebRTC.ExtraHosts, c.Streamer.PublicURL = all.Machine.WebHosts, all.Machine.ExtraHosts, all.Machine.PublicURL
	h := newHosts(c, func() []string { return []string{all.Machine.Hostname} })
	for _, each := range all.Cases {
		want := each.Ours.Value == "all" ||
			slices.ContainsFunc(each.Ours.Content, func(n *yaml.Node) bool { return n.Value == "page" })
		if got := h.allow(each.Host); got != want {
			t.Errorf("%q: %v", each.Host, got)
		}
	}
}

func TestNetworksOfTheSharedCases(t *testing.T) {
	var cases []struct{ Address, Network string }
	text, err := os.ReadFile("../../../tests/network-cases.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &cases); err != nil || len(cases) == 0 {
		t.Fatal(err, len(cases))
	}
	for _, each := range cases {
		if got := networkOf(each.Address); got != each.Network && (each.Network != "" || got != each.Address) {
			t.Errorf("%q counts as %q", each.Address, got)
		}
	}
}

func TestAMachineThatIsRenamedIsKnownByItsNewName(t *testing.T) {
	name, now := "old", int64(0)
	h := newHosts(config.Default(), func() []string { return []string{name} })
	h.now = func() time.Time { return time.Unix(now, 0) }
	if !h.allow("old") || h.allow("new.lan") {
		t.Error("before")
	}
	name, now = "new", 2
	if !h.allow("new") || !h.allow("new.lan") || h.allow("old") {
		t.Error("after")
	}
}

func TestForeignNamesAreRefusedBeforeAllElse(t *testing.T) {
	s := openSite(t, func(o *Options) { o.Visitors = &visitors{needed: true} })
	for _, host := range []string{"evil.example", "", "a b", "0.0.0.0", "203.0.113.9", "[2001:db8::9]"} {
		for _, path := range []string{"/", "/login", "/nothing", "/static/a.js", "/api/things"} {
			if w := ask(s, "GET", path, "Host", host); w.Code != 421 {
				t.Errorf("%q %s: %d", host, path, w.Code)
			}
		}
	}
	expect(t, ask(s, "GET", "/", "Host", "evil.example", "Accept", "text/html", "Accept-Language", "en"), 421, "en|421|Not evil.example.||")
	expect(t, ask(s, "GET", "/?a=%\xff\x80", "Host", "evil.example"), 400, "")
}

func TestChangesOfOtherOriginsAreRefused(t *testing.T) {
	s := openSite(t, nil)
	for _, headers := range [][]string{
		{"Origin", "http://evil.example"}, {"Origin", "null"}, {"Origin", "http://localhost:9999"}, {"Sec-Fetch-Site", "cross-site"},
		{"Sec-Fetch-Site", ""}, {"Sec-Fetch-Site", "same-origin", "Origin", "http://evil.example"},
	} {
		if w := ask(s, "POST", "/login", headers...); w.Code != 403 {
			t.Errorf("%v: %d", headers, w.Code)
		}
		if w := ask(s, "GET", "/login", headers...); w.Code != 200 {
			t.Errorf("reading with %v: %d", headers, w.Code)
		}
	}
	for _, headers := range [][]string{{}, {"Origin", "http://localhost"}, {"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "none"}} {
		if w := ask(s, "POST", "/login", headers...); w.Code != 200 {
			t.Errorf("%v: %d", headers, w.Code)
		}
	}
}

func TestTheGateOpensWhatTheMarksSay(t *testing.T) {
	for _, c := range []struct {
		who, method, path string
		headers           []string
		status            int
	}{
		{"stranger", "GET", "/", nil, 302}, {"stranger", "GET", "/nothing", nil, 302}, {"stranger", "GET", "/api/nothing", nil, 401},
		{"stranger", "GET", "/api/things", nil, 401}, {"stranger", "GET", "/api/things", []string{"Accept", "text/html"}, 302},
		{"stranger", "OPTIONS", "/api/things", nil, 401}, {"stranger", "PUT", "/login", nil, 302}, {"stranger", "GET", "/login", nil, 200},
		{"stranger", "GET", "/stream", nil, 401}, {"stranger", "GET", "/stream", []string{"Authorization", "Bearer good"}, 200},
		{"stranger", "GET", "/stream", []string{"Authorization", "Basic eDpnb29k"}, 200},
		{"stranger", "GET", "/stream", []string{"Authorization", "Basic /////w=="}, 401},
		{"stranger", "GET", "/api/things", []string{"Authorization", "Bearer good"}, 401},
		{"stranger", "PUT", "/api/camera", []string{"Authorization", "Bearer turns"}, 200},
		{"stranger", "PUT", "/api/camera", []string{"Authorization", "Bearer good"}, 401},
		{"viewer", "GET", "/api/things", nil, 200}, {"viewer", "DELETE", "/api/things/x", nil, 403}, {"viewer", "DELETE", "/nothing", nil, 404},
		{"viewer", "POST", "/api/offer", nil, 200}, {"viewer", "GET", "/api/owner", nil, 403}, {"viewer", "PUT", "/api/camera", nil, 403},
		{"owner", "DELETE", "/api/things/x", nil, 200}, {"owner", "GET", "/api/owner", nil, 200},
	} {
		session := map[string]*Session{"viewer": {ID: "v"}, "owner": {ID: "o", Owner: true}}[c.who]
		s := openSite(t, func(o *Options) { o.Visitors = &visitors{needed: true, session: session} })
		if w := ask(s, c.method, c.path, c.headers...); w.Code != c.status {
			t.Errorf("%s %s %s %v: %d", c.who, c.method, c.path, c.headers, w.Code)
		}
	}
}

func TestTheGateLeadsBackAndAsksForTokens(t *testing.T) {
	s := openSite(t, func(o *Options) { o.Visitors = &visitors{needed: true} })
	if at := ask(s, "GET", "/?camera=1").Header().Get("Location"); at != "/login?next=/?camera%3D1" {
		t.Error(at)
	}
	if at := ask(s, "POST", "/").Header().Get("Location"); at != "/login?next=/" {
		t.Error(at)
	}
	w := ask(s, "GET", "/stream")
	if asked := w.Header()["Www-Authenticate"]; len(asked) != 2 {
		t.Error(asked)
	}
	expect(t, w, 401, `{"error":"Login required","message":"log in first, or bring a viewing token: sudo petcam token add"}`)
	if asked := ask(s, "GET", "/stream", "User-Agent", "Mozilla/5.0").Header()["Www-Authenticate"]; len(asked) != 1 {
		t.Error(asked)
	}
}

func TestWhatTheCameraSeesIsRefusedWhileItIsOffBehindTheGate(t *testing.T) {
	off := func(o *Options) { o.CameraOn = func() bool { return false } }
	expect(t, ask(openSite(t, off), "GET", "/stream"), 503, `{"error":"Camera off","message":"the owner`)
	s := openSite(t, func(o *Options) { off(o); o.Visitors = &visitors{needed: true} })
	expect(t, ask(s, "GET", "/stream"), 401, "")
}

func TestRoutesAreFoundAsByFlask(t *testing.T) {
	s := openSite(t, nil)
	expect(t, ask(s, "GET", "/api/things/days"), 200, `"name":""`)
	expect(t, ask(s, "DELETE", "/api/things/days"), 200, `"name":"days"`)
	expect(t, ask(s, "GET", "/api/things/a%20b%2Fc"), 404, "")
	expect(t, ask(s, "GET", "/api/things/a%20%e3%81%82%ff"), 200, `"name":"a あ`+"\uFFFD"+`"`)
	expect(t, ask(s, "GET", "/api/things/"), 404, `{"error": "Not found", "message": "The requested URL was not`)
	w := ask(s, "PUT", "/api/things/x")
	expect(t, w, 405, `{"error": "Method not allowed", "message": "The method is not allowed for the requested URL."}`)
	if allow := w.Header().Get("Allow"); allow != "DELETE, GET, HEAD, OPTIONS" {
		t.Error(allow)
	}
	w = ask(s, "OPTIONS", "/api/things/x")
	if allow := w.Header().Get("Allow"); allow != "DELETE, GET, HEAD, OPTIONS" || w.Code != 200 || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Error(allow, w.Code, w.Header())
	}
	w = ask(s, "GET", "/api//things?a=b")
	if at := w.Header().Get("Location"); w.Code != 308 || at != "http://localhost/api/things?a=b" {
		t.Error(w.Code, at)
	}
	if w = ask(s, "GET", "//api/things"); w.Code != 200 {
		t.Error(w.Code)
	}
}

func TestErrorsAreWordsForPeopleAndJSONForPrograms(t *testing.T) {
	s := openSite(t, nil)
	person := []string{"Accept", "text/html,*/*;q=0.8", "Accept-Language", "en"}
	w := ask(s, "GET", "/api/busy", person...)
	expect(t, w, 503, "en|503|all taken|/api/busy|?language=ja")
	if w.Header().Get("Retry-After") != "5" || w.Header().Get("X-Left") != "" || w.Header().Get("Vary") != "Accept-Language, Cookie" {
		t.Error(w.Header())
	}
	expect(t, ask(s, "GET", "/api/busy", "Accept", "text/html;q=0"), 503, `{"error":"Too many clients","message":"all taken","reason":"why"}`)
	expect(t, ask(s, "GET", "/api/defect"), 500, `{"error":"Internal error","message":"petcam-streamer's log says more"}`)
	expect(t, ask(s, "GET", "/api/defect", person...), 500, "en|500|Broken.|/api/defect|")
	expect(t, ask(s, "GET", "/nothing"), 404, "ない\n")
	expect(t, ask(s, "GET", "/nothing?x=<&language=en", person...), 404, "en|404|Not there.||?x=%3C&amp;language=ja")
	if w := ask(s, "GET", "/static/nothing", person...); w.Header().Get("Cache-Control") != "no-store" {
		t.Error(w.Header())
	}
}

func TestEveryAnswerHasTheSecurityHeaders(t *testing.T) {
	s := openSite(t, func(o *Options) { o.Connect = func(*Request) string { return "http://localhost:8081" } })
	for _, path := range []string{"/", "/api/things", "/nothing", "/api/nothing", "/static/a.js", "/static/none"} {
		h := ask(s, "GET", path).Header()
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "no-referrer" ||
			h.Get("Cross-Origin-Resource-Policy") != "same-origin" ||
			!strings.Contains(h.Get("Content-Security-Policy"), "; connect-src 'self' http://localhost:8081; img-src") {
			t.Errorf("%s: %v", path, h)
		}
		if h.Get("Cache-Control") != "no-store" && !strings.HasPrefix(path, "/static/") {
			t.Errorf("%s: %v", path, h)
		}
	}
}

func TestTheLanguageIsTheChosenOneOrTheBrowsers(t *testing.T) {
	s := openSite(t, nil)
	for _, c := range []struct {
		query, cookie, accept, want string
	}{
		{"", "", "", "ja"}, {"", "", "ja-JP,en;q=0.5", "ja"}, {"", "", "en-GB", "en"}, {"", "", "fr", "en"}, {"", "", "en;q=0.1,ja", "ja"},
		{"", "", "*", "en"}, {"", "", "en;q=x,ja;q=0.3", "ja"}, {"", "", "ja;q=0, en;q=0.2", "en"}, {"language=en", "ja", "ja", "en"},
		{"", "en", "ja", "en"}, {"language=fr", "", "ja", "ja"}, {"language=EN", "", "ja", "ja"}, {"language=ja&language=en", "", "ja", "en"},
	} {
		w := ask(s, "GET", "/?"+c.query, "Accept-Language", c.accept, "Cookie", "a=b; petcam_language="+c.cookie)
		got := map[bool]string{true: "en", false: "ja"}[strings.HasPrefix(w.Body.String(), "page")]
		if got != c.want || w.Header().Get("Vary") != "Accept-Encoding, Accept-Language, Cookie" {
			t.Errorf("%+v: %s %v", c, got, w.Header())
		}
		set := w.Header().Get("Set-Cookie")
		if chosen := strings.HasPrefix(c.query, "language="+got); chosen != (set != "") && c.query != "language=ja&language=en" {
			t.Errorf("%+v: %q", c, set)
		}
	}
	set := ask(s, "GET", "/?language=en").Header().Get("Set-Cookie")
	for _, part := range []string{"petcam_language=en", "Max-Age=31536000", "Path=/", "HttpOnly", "SameSite=Lax"} {
		if !slices.Contains(strings.Split(set, "; "), part) {
			t.Errorf("%q lacks %s", set, part)
		}
	}
	if h := ask(s, "GET", "/api/things?language=en").Header(); h.Get("Vary") != "" || h.Get("Set-Cookie") != "" {
		t.Error(h)
	}
}

func TestProxiesAreBelievedWhereTheyAreTrusted(t *testing.T) {
	s := openSite(t, func(o *Options) {
		o.Config.Web.TrustedProxies = []string{"10.0.0.0/8"}
		o.Config.Web.Host = "192.0.2.5"
	})
	proof := TLSProof(make([]byte, 32))
	for _, c := range []struct {
		peer, chain, proof, want string
	}{
		{"127.0.0.1:9", "192.0.2.1", proof, `"client":"192.0.2.1","root":"","secure":true`},
		{"192.0.2.5:9", "192.0.2.1", proof, `"client":"192.0.2.1","root":"","secure":true`},
		{"192.0.2.6:9", "192.0.2.1", proof, `"client":"192.0.2.6","root":"","secure":false`},
		{"127.0.0.1:9", "192.0.2.1", "no", `"client":"127.0.0.1","root":"","secure":false`},
		{"127.0.0.1:9", "192.0.2.1", "", `"client":"127.0.0.1","root":"","secure":false`},
		{"10.0.0.1:9", "198.51.100.1, 192.0.2.7, 10.0.0.2", "", `"client":"192.0.2.7","root":"/cam","secure":true`},
		{"127.0.0.1:9", "10.0.0.1", proof, `"client":"10.0.0.1","root":"/cam","secure":true`},
		{"127.0.0.1:9", "10.0.0.1, 192.0.2.9", proof, `"client":"192.0.2.9","root":"","secure":true`},
		{"10.0.0.1:9", "nobody", "", `"client":"10.0.0.1","root":"/cam","secure":true`},
	} {
		w := ask(s, "GET", "/api/things", "From", c.peer, "X-Forwarded-For", c.chain, "X-Petcam-Tls", c.proof,
			"X-Forwarded-Proto", "http, https", "X-Forwarded-Prefix", "/cam/")
		expect(t, w, 200, c.want)
	}
}

func TestWithoutAKeyNobodyIsTheTLSProxy(t *testing.T) {
	for _, proof := range []func() string{nil, func() string { return "" }} {
		s := openSite(t, func(o *Options) { o.TLSProof = proof })
		w := ask(s, "GET", "/api/things", "From", "127.0.0.1:9", "X-Forwarded-For", "192.0.2.1", "X-Forwarded-Proto", "https")
		expect(t, w, 200, `"client":"127.0.0.1","root":"","secure":false`)
	}
}

func TestAPathIsPlainOrNone(t *testing.T) {
	for said, want := range map[string]string{
		"/cam": "/cam", "/cam/": "/cam", "/pets/cat-cam_2/v1.0": "/pets/cat-cam_2/v1.0", "/" + strings.Repeat("a", 199): "/" + strings.Repeat("a", 199),
		"/" + strings.Repeat("a", 200): "", "": "", "/": "", "cam": "", "//evil.example": "", "/cam//x": "", `/\evil`: "", "/cam:80": "",
		"/a b": "", "/cam/..": "", "/./cam": "", "/cam, /cam": "", "/日本": "", "/..x": "/..x", "/%2e%2e/x": "",
	} {
		if got := prefix(said); got != want {
			t.Errorf("%q: %q", said, got)
		}
	}
}

func TestPagesAreCompressedForWhoTakesIt(t *testing.T) {
	s := openSite(t, nil)
	w := ask(s, "GET", "/", "Accept-Encoding", "br, gzip", "Accept-Language", "en")
	reader, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(reader); err != nil || string(text) != "page 1" {
		t.Error(string(text), err)
	}
	if h := ask(s, "GET", "/", "Accept-Encoding", "*;q=0, gzip;q=0.1").Header(); h.Get("Content-Encoding") != "gzip" {
		t.Error("what is for all counts before what is named")
	}
	for _, refused := range []string{"gzip;q=0, br", "gzip;q=0, *", "br", ""} {
		if w := ask(s, "GET", "/", "Accept-Encoding", refused); w.Header().Get("Content-Encoding") != "" {
			t.Error(refused)
		}
	}
}

func TestStaticFilesAreKeptByBrowsers(t *testing.T) {
	s := openSite(t, nil)
	plain := ask(s, "GET", "/static/a.js")
	expect(t, plain, 200, "code()")
	h := plain.Header()
	if h.Get("Cache-Control") != revalidate || h.Get("ETag") != `"0123456789abcdef"` || h.Get("Vary") != "Accept-Encoding" || h.Get("Content-Type") != "text/javascript; charset=utf-8" {
		t.Error(h)
	}
	packed := ask(s, "GET", "/static/0123456789ab/a.js", "Accept-Encoding", "gzip")
	if h := packed.Header(); h.Get("ETag") != `"0123456789abcdef-gzip"` || h.Get("Content-Encoding") != "gzip" {
		t.Error(h)
	}
	for _, c := range []struct {
		name, value string
		status      int
	}{
		{"If-None-Match", `"0123456789abcdef"`, 304}, {"If-None-Match", `W/"x", W/"0123456789abcdef"`, 304}, {"If-None-Match", "*", 304},
		{"If-None-Match", `"0123456789abcdef-gzip"`, 200}, {"If-Match", `"x"`, 412}, {"If-Match", "*", 412}, {"If-Match", `"0123456789abcdef"`, 200},
	} {
		w := ask(s, "GET", "/static/a.js", c.name, c.value)
		if w.Code != c.status || c.status == 304 && (w.Body.Len() > 0 || w.Header().Get("Content-Type") != "") {
			t.Errorf("%+v: %d %v", c, w.Code, w.Header())
		}
	}
}

func TestBodiesHaveTheirBounds(t *testing.T) {
	s := openSite(t, nil)
	var got error
	s.Add(Route{Method: "POST", Path: "/api/json", Handle: func(w http.ResponseWriter, r *Request) (err error) {
		_, got = r.JSONObject(MaxControlBytes)
		JSON(w, 200, Object{})
		return nil
	}}, Route{Method: "POST", Path: "/form", Handle: func(w http.ResponseWriter, r *Request) error {
		form, err := r.ReadForm()
		if err == nil {
			JSON(w, 200, form["a"])
		}
		return err
	}})
	for body, want := range map[string]string{
		"": "", " \n": "", `{"a":1}`: "", "[]": "the body must be a JSON object", "{": "the body is not JSON", "{}x": "the body is not JSON",
		"\"\xff\"": "the body is not JSON", strings.Repeat(" ", 4097): "the body may have at most 4096 bytes",
	} {
		ask(s, "POST", "/api/json", "Body", body)
		var known *apierror.Error
		if errors.As(got, &known) != (want != "") || want != "" && known.Message != want {
			t.Errorf("%.20q: %v", body, got)
		}
	}
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	expect(t, ask(s, "POST", "/form", append(form, "Body", "b=1&a=x+%e3%81%82%ff&a=2")...), 200, `"x あ%FF"`)
	expect(t, ask(s, "POST", "/form", append(form, "Body", "a=\xff")...), 200, `""`)
	expect(t, ask(s, "POST", "/form", "Content-Type", "multipart/form-data; boundary=b", "Body",
		"--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nva\xfflue\r\n--b--\r\n"), 200, "\"va\uFFFDlue\"")
	expect(t, ask(s, "POST", "/form", "Body", strings.Repeat("x", 66<<10), "Accept", "text/html"), 413, "ja|他")
	w := ask(s, "POST", "/form", "Body", strings.Repeat("x", 68<<10))
	expect(t, w, 413, `{"error": "Too large", "message": "the body may have at most 65536 bytes"}`)
	if w.Header().Get("Connection") != "close" {
		t.Error(w.Header())
	}
}

func TestNumbersOfQueries(t *testing.T) {
	s := openSite(t, nil)
	s.Add(Route{Method: "GET", Path: "/api/n", Handle: func(w http.ResponseWriter, r *Request) error {
		whole, err := r.WholeNumber("n", 1, 500, 100)
		if err != nil {
			return err
		}
		number, err := r.Number("f", 0.1, 1000000, 2.5)
		if err == nil {
			JSON(w, 200, []any{whole, number})
		}
		return err
	}})
	expect(t, ask(s, "GET", "/api/n"), 200, "[100,2.5]")
	expect(t, ask(s, "GET", "/api/n?n=7&n=9&f=3.25"), 200, "[7,3.25]")
	for _, bad := range []string{"", "0", "501", "1.5", "-1", "+1", "1e2", "%D9%A1", "1%0a", strings.Repeat("1", 16)} {
		expect(t, ask(s, "GET", "/api/n?n="+bad), 400, `"n must be a whole number from 1 to 500"`)
	}
	expect(t, ask(s, "GET", "/api/n?f=0"), 400, `"f must be a number from 0.1 to 1e+06"`)
}

func TestJSONIsWrittenAsByPython(t *testing.T) {
	value := Object{{"b", []any{1, 1.0, 0.1, 1e16, 1e-5, 123456789.125, -0.5, 1e15, nil, true}}, {"a", "é\"\\\n<&>\x01\u2028\x7f"},
		{"m", map[string]any{"z": json.Number("1"), "y": []string{}}}}
	want := `{"b":[1,1.0,0.1,1e+16,1e-05,123456789.125,-0.5,1000000000000000.0,null,true],"a":"é\"\\\n<&>\u0001` + "\u2028\x7f" +
		`","m":{"y":[],"z":1}}`
	if got := string(AppendJSON(nil, value)); got != want {
		t.Error(got)
	}
}

func TestStreamsHaveSlotsAndEndWithTheirAdmission(t *testing.T) {
	session := &Session{ID: "1"}
	v := &visitors{needed: true, session: session}
	s := openSite(t, func(o *Options) { o.Visitors = v })
	var lasts atomic.Bool
	session.Lasts = lasts.Load
	all := NewStreams(11) // three
	kind := all.OfAKind(2)
	s.Add(Route{Method: "GET", Path: "/api/open", Handle: func(w http.ResponseWriter, r *Request) error {
		ctx, release, err := kind.Open(r)
		if err != nil {
			return err
		}
		if _, _, err := kind.Open(r); err == nil || err.(*apierror.Error).Message != "you have 1 open streams already, which is the most" {
			t.Error(err)
		}
		lasts.Store(false)
		<-ctx.Done()
		release()
		release()
		return BeginStream(w, "text/event-stream")
	}})
	for range 3 {
		lasts.Store(true)
		w := ask(s, "GET", "/api/open")
		if w.Code != 200 || w.Header().Get("X-Accel-Buffering") != "no" || w.Header().Get("Content-Type") != "text/event-stream; charset=utf-8" {
			t.Error(w.Code, w.Body, w.Header())
		}
	}
	if all.all.taken != 0 || len(all.all.held) != 0 || kind.own.taken != 0 {
		t.Error(all.all, kind.own)
	}
}

func TestRequestsThatCannotBeReadAreRefusedInJSON(t *testing.T) {
	s := openSite(t, nil)
	var many []string
	for range 98 {
		many = append(many, "X-A", "b")
	}
	expect(t, ask(s, "GET", "/", many...), 400, `{"error": "Bad request", "message": "the request cannot be read"}`)
	expect(t, ask(s, "GET", "/", many[2:]...), 200, "")
	server := httptest.NewUnstartedServer(nil)
	log := slog.New(slog.DiscardHandler)
	server.Config = NewServer(s, log)
	server.Listener = Limit(server.Listener, log)
	server.Start()
	defer server.Close()
	for request, want := range map[string]string{
		"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n":                                             "200",
		"GET /%zz HTTP/1.1\r\nHost: localhost\r\n\r\n":                                          "400",
		"nonsense\r\n\r\n":                                                                      "400",
		"get / HTTP/1.1\r\nHost: localhost\r\n\r\n":                                             "400",
		"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n":                 "501",
		"GET / HTTP/1.1\r\nHost: localhost\r\nX-A: " + strings.Repeat("a", 20<<10) + "\r\n\r\n": "431",
		"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n":             "413",
		"POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n":   "400",
		"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n":                                         "404",
	} {
		conn, err := net.Dial("tcp", server.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, request)
		text := make([]byte, 4096)
		n, _ := conn.Read(text)
		answer := string(text[:n])
		if !strings.HasPrefix(answer, "HTTP/1.1 "+want) || strings.HasPrefix(want, "4") && want != "404" && !strings.Contains(answer, `{"error": "`) {
			t.Errorf("%.40q: %q", request, answer)
		}
		_ = conn.Close()
	}
}

func TestLocalPathsStayHere(t *testing.T) {
	for target, want := range map[string]string{
		"//evil": "/", "https://evil": "/", `/\evil`: "/", "/\t/evil": "/", "evil": "/", "": "/", "/a b?c": "/a b?c", "/あ": "/あ", "/\u00a0": "/",
	} {
		if got := LocalPath(target); got != want {
			t.Errorf("%q: %q", target, got)
		}
	}
	if got := asAddress(`/a b"あ?x=[#f`); got != "/a%20b%22%E3%81%82?x=%5B#f" {
		t.Error(got)
	}
}

func TestAddressesAsTheyAreWrittenInHeaders(t *testing.T) {
	for text, want := range map[string]netip.Addr{
		"[::1]": netip.IPv6Loopback(), "::ffff:1.2.3.4%eth0": netip.MustParseAddr("1.2.3.4"), "999.1.1.1": {}, "": {},
	} {
		if got := parseAddress(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
