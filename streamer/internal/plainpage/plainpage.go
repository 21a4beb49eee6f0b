// Package plainpage is what the pages have in common that the streamer itself shows to people, each a few sentences in both
// languages, where petcam-web's are not there. It imports nothing of petcam.
package plainpage

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
)

// Style is that of templates/login.html, as far as such a page needs it.
const Style = `
:root { color-scheme: light dark; background: #f3f4f1; color: #161b1f; font: 16px/1.5 system-ui, -apple-system, "Hiragino Sans", "Noto Sans CJK JP", sans-serif; }
@media (prefers-color-scheme: dark) { :root { background: #0d1013; color: #edf1f4; } }
body { display: flex; flex-direction: column; justify-content: center; gap: 32px; box-sizing: border-box; max-width: 408px; min-height: 90vh; margin: 0 auto; padding: 24px; }
`

// SetHeaders sets those of a page with style as its one style sheet, and no scripts.
func SetHeaders(header http.Header, style string) {
	sum := sha256.Sum256([]byte(style))
	allowed := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; style-src "+allowed)
	header.Set("Referrer-Policy", "no-referrer")
}
