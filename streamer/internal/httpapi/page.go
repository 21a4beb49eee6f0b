package httpapi

import (
	"html"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"petcam/streamer/internal/plainpage"
)

const style = plainpage.Style + `h1, p { margin: 0 0 8px; }
h1 { font-size: 22px; }
a { display: inline-block; padding: 12px 0; color: inherit; font-weight: 600; }
:lang(ja) { word-break: auto-phrase; }
`

var plainHost = regexp.MustCompile(`^[A-Za-z0-9.-]{1,253}$|^[0-9A-Fa-f:.]{2,45}$`)

// wantsPage is whether a person has opened the address: browsers name HTML then, and nobody else does.
func wantsPage(r *http.Request) bool {
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) &&
		strings.Contains(r.Header.Get("Accept"), "text/html")
}

// writePage says to a person, in both languages, that the camera's page is not here, and nothing else of why: nobody
// is there yet to look into the catalogue of words.
func (a *api) writePage(w http.ResponseWriter, r *http.Request, status int) {
	plainpage.SetHeaders(w.Header(), style)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `<!doctype html>
<html lang="ja">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>petcam</title>
<style>`+style+`</style>
<main>
<h1>ここにページはありません</h1>
<p>このポートは、映像を届けるためのものです。</p>
`+a.link(r, "カメラのページを開く")+`
<div lang="en">
<h1>There is no page here</h1>
<p>This port only carries the picture.</p>
`+a.link(r, "Open the camera’s page")+`
</div>
</main>
</html>
`)
}

// link leads to petcam-web under the name by which this was opened; empty where a proxy is in between, or no such name
// was sent.
func (a *api) link(r *http.Request, text string) string {
	name := hostname(r.Host)
	if a.PublicURL != "" || !plainHost.MatchString(name) {
		return ""
	}
	url := "http://" + net.JoinHostPort(name, strconv.Itoa(a.WebPort)) + "/"
	return `<p><a href="` + html.EscapeString(url) + `">` + text + `</a></p>`
}
