package site

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"petcam/streamer/internal/remedy"
)

// takenWithin is how long a client may take for a piece of an answer.
const takenWithin = time.Minute

// answer is what a handler writes to. It puts on what every answer has.
type answer struct {
	http.ResponseWriter
	request *Request
	began   bool
	release func() // gives the handler's thread back; nil: it has none
}

// WriteHeader puts the security headers on, and says on what the answer depends.
func (a *answer) WriteHeader(status int) {
	if a.began {
		return
	}
	a.wait()
	if status >= http.StatusOK {
		a.began = true
		a.endThread()
		a.protect()
		a.request.rememberLanguage(a.Header())
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(piece []byte) (int, error) {
	if !a.began {
		a.WriteHeader(http.StatusOK)
	}
	a.wait()
	return a.ResponseWriter.Write(piece)
}

// FlushError is for http.ResponseController.
func (a *answer) FlushError() error {
	if !a.began {
		a.WriteHeader(http.StatusOK)
	}
	a.wait()
	return http.NewResponseController(a.ResponseWriter).Flush()
}

// wait gives the client its time from now on. net/http writes the last piece once the handler has returned.
func (a *answer) wait() {
	_ = http.NewResponseController(a.ResponseWriter).SetWriteDeadline(time.Now().Add(takenWithin))
}

// endThread is when the answer begins: from now on it waits for its client.
func (a *answer) endThread() {
	if a.release != nil {
		a.release()
	}
}

// Unwrap is for http.ResponseController.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

func (a *answer) protect() {
	connect := "'self'"
	if s := a.request.site; s.Connect != nil {
		if origin := s.Connect(a.request); origin != "" {
			connect += " " + origin
		}
	}
	h := a.Header()
	h.Set("Content-Security-Policy", a.request.site.Bundle.Policy()+"; connect-src "+connect+
		"; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "+
		"frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if route := a.request.found.route; route == nil || !route.keeps {
		h.Set("Cache-Control", "no-store")
	}
}

// writeBody writes a whole answer, with the commands of this board where it is not compressed.
func writeBody(w http.ResponseWriter, status int, kind string, body []byte) {
	if w.Header().Get("Content-Encoding") == "" {
		body = remedy.Here(body)
	}
	w.Header().Set("Content-Type", withCharset(kind))
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // that the client has gone is no error of ours
}

// withCharset says of text that it is UTF-8.
func withCharset(kind string) string {
	if strings.HasPrefix(kind, "text/") || strings.HasSuffix(kind, "+xml") {
		return kind + "; charset=utf-8"
	}
	return kind
}
