package tlsproxy

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	maxBody      = 64 << 10         // an offer's; all others are smaller
	bodyTimeout  = 10 * time.Second // for all of it
	writeTimeout = 30 * time.Second // for each piece: who takes nothing for so long is gone
)

// bounded takes a request's body whole before it passes it on, so that no slow sender holds a connection to
// petcam-web, and gives up on who no longer takes the answer. An answer as such may take for ever.
func bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		_ = control.SetWriteDeadline(time.Now().Add(writeTimeout))
		body, err := takeBody(w, r, control)
		var tooLarge *http.MaxBytesError
		switch {
		case errors.As(err, &tooLarge):
			http.Error(w, "413 Too large", http.StatusRequestEntityTooLarge)
		case err != nil:
			http.Error(w, "408 The body did not come through", http.StatusRequestTimeout)
		default:
			r.Body, r.ContentLength, r.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
			next.ServeHTTP(&patient{ResponseWriter: w, control: control}, r)
		}
	})
}

func takeBody(w http.ResponseWriter, r *http.Request, control *http.ResponseController) ([]byte, error) {
	if r.Body == nil || r.ContentLength == 0 {
		return nil, nil
	}
	_ = control.SetReadDeadline(time.Now().Add(bodyTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil {
		_ = control.SetReadDeadline(time.Time{})
	}
	return body, err
}

// patient waits for each piece of an answer to be taken, not for the whole.
type patient struct {
	http.ResponseWriter
	control *http.ResponseController
}

func (p *patient) Write(piece []byte) (int, error) {
	_ = p.control.SetWriteDeadline(time.Now().Add(writeTimeout))
	return p.ResponseWriter.Write(piece)
}

// FlushError is what ReverseProxy calls after each piece. Between pieces nobody is waited for.
func (p *patient) FlushError() error {
	err := p.control.Flush()
	_ = p.control.SetWriteDeadline(time.Time{})
	return err
}

// Unwrap is for http.ResponseController.
func (p *patient) Unwrap() http.ResponseWriter { return p.ResponseWriter }
