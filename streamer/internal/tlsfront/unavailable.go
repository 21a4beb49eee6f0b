package tlsfront

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
)

const page = `<!doctype html>
<html lang="ja">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="5">
<title>petcam</title>
<h1>petcam は起動中です</h1>
<p>ページのサービスがまだ応答していません。5 秒ごとに自動で試します。</p>
<div lang="en">
<h1>petcam is starting</h1>
<p>Its page service does not answer yet. This page tries again every 5 seconds.</p>
</div>
</html>
`

const apiError = `{"error":"Proxy error","message":"petcam-web does not answer yet; try again in a moment"}
`

// unavailable answers where petcam-web does not.
func unavailable(log *slog.Logger) func(http.ResponseWriter, *http.Request, error) {
	return func(w http.ResponseWriter, r *http.Request, err error) {
		if errors.Is(err, context.Canceled) {
			return // the browser has gone
		}
		log.Debug("petcam-web does not answer", "error", err)
		body, kind := page, "text/html; charset=utf-8"
		if strings.HasPrefix(r.URL.Path, "/api/") {
			body, kind = apiError, "application/json"
		}
		header := w.Header()
		header.Set("Content-Type", kind)
		header.Set("Cache-Control", "no-store")
		header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, body)
	}
}
