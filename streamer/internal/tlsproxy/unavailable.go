package tlsproxy

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"petcam/streamer/internal/plainpage"
	"petcam/streamer/internal/remedy"
)

const style = plainpage.Style + `h1 { margin: 0 0 8px; font-size: 22px; }
p { margin: 0; }
`

// notice is what a page says in both languages, and what the error of an API is in English.
type notice struct {
	japanese, english [2]string // title and text
	api               string
}

func starting() notice {
	return notice{
		[2]string{"petcam は起動中です", "ページのサービスがまだ応答していません。5 秒ごとに自動で再接続を試みます。"},
		[2]string{"petcam is starting", "Its page service does not answer yet. This page tries again every 5 seconds."},
		"petcam-web does not answer yet; try again in a moment"}
}

func noKey() notice {
	return notice{
		[2]string{"HTTPS ではまだ開けません", "petcam のサービスどうしが使う鍵を読み込めません。直し方は、カメラ本体で sudo petcam doctor を実行すると確認できます。"},
		[2]string{"HTTPS cannot be used yet", "A key that petcam's services share cannot be read. On the camera, sudo petcam doctor says what to do."},
		"token.key cannot be read; sudo petcam doctor on the camera says what to do"}
}

// page fills a notice's texts in, all of them ours.
func (n notice) page() string {
	return `<!doctype html>
<html lang="ja">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="5">
<title>petcam</title>
<style>` + style + `</style>
<div>
<h1>` + n.japanese[0] + `</h1>
<p>` + n.japanese[1] + `</p>
</div>
<div lang="en">
<h1>` + n.english[0] + `</h1>
<p>` + n.english[1] + `</p>
</div>
</html>
`
}

// unavailable answers where petcam-web does not.
func unavailable(log *slog.Logger) func(http.ResponseWriter, *http.Request, error) {
	return func(w http.ResponseWriter, r *http.Request, err error) {
		if errors.Is(err, context.Canceled) {
			return // the browser has gone
		}
		log.Debug("petcam-web does not answer", "error", err)
		writeUnavailable(w, r, http.StatusBadGateway, starting())
	}
}

func writeUnavailable(w http.ResponseWriter, r *http.Request, status int, n notice) {
	body, header := n.page(), w.Header()
	plainpage.SetHeaders(header, style)
	if strings.HasPrefix(r.URL.Path, "/api/") {
		body = `{"error":"Proxy error","message":"` + n.api + "\"}\n"
		header.Set("Content-Type", "application/json")
	}
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = io.WriteString(remedy.Writer(w), body)
}
