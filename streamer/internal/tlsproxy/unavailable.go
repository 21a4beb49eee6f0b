package tlsproxy

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
)

// style is that of templates/login.html, as far as this page needs it.
const style = `
:root { color-scheme: light dark; background: #f3f4f1; color: #161b1f; font: 16px/1.5 system-ui, -apple-system, "Hiragino Sans", "Noto Sans CJK JP", sans-serif; }
@media (prefers-color-scheme: dark) { :root { background: #0d1013; color: #edf1f4; } }
body { display: flex; flex-direction: column; justify-content: center; gap: 32px; box-sizing: border-box; max-width: 408px; min-height: 90vh; margin: 0 auto; padding: 24px; }
h1 { margin: 0 0 8px; font-size: 22px; }
p { margin: 0; }
`

const page = `<!doctype html>
<html lang="ja">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta http-equiv="refresh" content="5">
<title>petcam</title>
<style>` + style + `</style>
<div>
<h1>petcam は起動中です</h1>
<p>ページのサービスがまだ応答していません。5 秒ごとに自動で試します。</p>
</div>
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
	sum := sha256.Sum256([]byte(style))
	policy := "default-src 'none'; frame-ancestors 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
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
		header.Set("Content-Security-Policy", policy)
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "no-referrer")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, body)
	}
}
