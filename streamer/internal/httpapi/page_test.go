package httpapi

import (
	"net/http"
	"strings"
	"testing"

	"petcam/streamer/internal/apierror"
)

const browser = "text/html,application/xhtml+xml,*/*;q=0.8"

func asPerson(host string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Accept", browser)
		r.Host = host
	}
}

func TestWhoOpensThePortInABrowserIsLedToTheCamerasPage(t *testing.T) {
	options := optionsOf(&fake{})
	options.PublicURL = ""
	for path, status := range map[string]int{"/": 404, "/nothing": 404, "/start": 405, "/api/webrtc/offer": 405} {
		w := askOf(New(options), http.MethodGet, path, "", asPerson("camera:8081"))
		if kind := w.Header().Get("Content-Type"); w.Code != status || kind != "text/html; charset=utf-8" {
			t.Errorf("%s: %d, %s", path, w.Code, kind)
		}
		for _, want := range []string{"ここにページはありません", "There is no page here", `href="http://camera:8080/"`} {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s: no %q in %s", path, want, w.Body)
			}
		}
	}
}

func TestTheLinkIsToAPlainNameOrIsNotThere(t *testing.T) {
	options := optionsOf(&fake{})
	options.PublicURL = ""
	for host, want := range map[string]string{
		"192.168.7.2:8081":      `href="http://192.168.7.2:8080/"`,
		"[fd00::1]:8081":        `href="http://[fd00::1]:8080/"`,
		`a"><script>x</script>`: "",
		"":                      "",
	} {
		page := askOf(New(options), http.MethodGet, "/", "", asPerson(host)).Body.String()
		if strings.Contains(page, "<a ") != (want != "") || !strings.Contains(page, want) || strings.Contains(page, "<script") {
			t.Errorf("%q: %s", host, page)
		}
	}
	if page := ask(t, &fake{}, http.MethodGet, "/", "", asPerson("camera")).Body.String(); strings.Contains(page, "<a ") {
		t.Error("behind a proxy it does not know the page's address")
	}
}

func TestProgramsGetJSONWhereAPersonGetsAPage(t *testing.T) {
	for _, accept := range []string{"", "*/*", "application/json", "image/avif,*/*"} {
		expectError(t, ask(t, &fake{}, http.MethodGet, "/nothing", "", header("Accept", accept)), 404, apierror.NotFound)
	}
	expectError(t, ask(t, &fake{}, http.MethodPost, "/nothing", "", header("Accept", browser)), 404, apierror.NotFound)
}
