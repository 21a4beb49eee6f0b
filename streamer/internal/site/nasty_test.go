package site

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// nasty are parts of headers, queries and paths at which parsers stumble.
var nasty = []string{
	"http://[", "http://[::1", "//[", "null", "://", "http://localhost:99999", "http://a@b@c", "[::1]:x", "Basic w6k6w6k=", "Basic /////w==",
	"Basic é", "Basic", "Basic =", "Bearer", "Bearer  ", `Digest x="`, "bytes=", "bytes=5-1", "bytes=0-" + strings.Repeat("9", 4400),
	"petcam_session=a.b", "petcam_session=.", `petcam_session="`, "=;=;=", "petcam_language=\"\\", "*", `W/"`, `"`, "W/", ",,,", ";q=", "ja;q=x",
	"en;q=1e999", "gzip;q=nan", "-", "%", "%00", "%ff", "\x7f", "\xff", "multipart/form-data", "multipart/form-data; boundary=",
	`text/html; charset="`, "a/b; =", "1.2.3.4, é", "999.1.1.1", "::ffff:1.2.3.4%eth0", "", " ", `"\`, `a;b="c,d";q=0.5`,
}

func TestNoHeaderQueryOrPathMakesItFail(t *testing.T) {
	names := []string{
		"Origin", "Sec-Fetch-Site", "Authorization", "Cookie", "If-None-Match", "If-Match", "Accept", "Accept-Language", "Accept-Encoding",
		"User-Agent", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Petcam-Tls", "Content-Type",
	}
	for _, needed := range []bool{true, false} {
		s := openSite(t, func(o *Options) {
			o.Visitors = &visitors{needed: needed}
			o.Config.Web.TrustedProxies = []string{"192.0.2.1"}
		})
		s.Add(Route{Method: "POST", Path: "/form", Marks: ForEverybody, Handle: func(w http.ResponseWriter, r *Request) error {
			form, err := r.ReadForm()
			if err == nil {
				JSON(w, http.StatusOK, form["a"])
			}
			return err
		}})
		for _, text := range nasty {
			var all []*httptest.ResponseRecorder
			for _, name := range names {
				for _, path := range []string{"/", "/login", "/nothing", "/api/things/x", "/static/a.js", "/stream", "/%ff%00"} {
					all = append(all, ask(s, "GET", path, name, text), ask(s, "GET", path, name, text+", "+text, "Accept", "text/html"))
				}
				all = append(all, ask(s, "POST", "/form", name, text, "Body", "--b\r\n\r\nx"))
			}
			query := strings.NewReplacer(" ", "+", "\x7f", "%7f").Replace(text)
			all = append(all, ask(s, "GET", "/login?next="+query), ask(s, "GET", "/?language="+query), ask(s, "GET", "/", "Host", text))
			for _, w := range all {
				if w.Code >= 500 {
					t.Errorf("%q: %d %s", text, w.Code, w.Body)
				}
			}
		}
	}
}
