package tlsproxy

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"time"
)

const (
	maxHeader    = 16 << 10         // bytes
	maxBody      = 64 << 10         // bytes: of an offer; all others are smaller
	bodyTimeout  = 10 * time.Second // for the whole request body
	writeTimeout = 30 * time.Second // for each write of the answer: a client that takes nothing for so long is gone

	// A request costs its header, the buffer in which its answer is copied, and those of two connections; its body counts
	// as it comes. Those of all other machines have maxRequestBytes, which is 192 requests without a body.
	requestBytes    = 64 << 10
	requestShare    = 16 * requestBytes
	maxRequestBytes = 192 * requestBytes

	// Of one HTTP/2 connection. Its buffers hold what the handlers have not read: almost nothing, as they read at once.
	maxStreams            = 32
	maxFrameBytes         = 16 << 10 // the least that is allowed
	maxUnreadOfStream     = 64 << 10
	maxUnreadOfConnection = 64 << 10
)

// http2Limits bounds what an HTTP/2 connection costs besides its requests. Floods of settings, pings and resets are
// bounded by net/http itself.
func http2Limits() *http.HTTP2Config {
	return &http.HTTP2Config{
		MaxConcurrentStreams:          maxStreams,
		MaxReadFrameSize:              maxFrameBytes,
		MaxReceiveBufferPerStream:     maxUnreadOfStream,
		MaxReceiveBufferPerConnection: maxUnreadOfConnection,
	}
}

// withLimits reads a request's body whole before it calls next, so that no slow sender occupies a connection to
// petcam-web, and ends the connection of a client that no longer reads the answer. An answer as such may take for ever.
func withLimits(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		_ = control.SetWriteDeadline(time.Now().Add(writeTimeout))
		body, err := readBody(w, r, control)
		var tooLarge *http.MaxBytesError
		switch {
		case errors.As(err, &tooLarge):
			http.Error(w, "413 Too large", http.StatusRequestEntityTooLarge)
		case err != nil:
			http.Error(w, "408 The body did not come through", http.StatusRequestTimeout)
		default:
			r.Body, r.ContentLength, r.TransferEncoding = io.NopCloser(bytes.NewReader(body)), int64(len(body)), nil
			next.ServeHTTP(&deadlineWriter{ResponseWriter: w, control: control}, r)
		}
	})
}

func readBody(w http.ResponseWriter, r *http.Request, control *http.ResponseController) ([]byte, error) {
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

// deadlineWriter sets a deadline for each write of an answer, not for the whole.
type deadlineWriter struct {
	http.ResponseWriter
	control *http.ResponseController
}

func (w *deadlineWriter) Write(piece []byte) (int, error) {
	_ = w.control.SetWriteDeadline(time.Now().Add(writeTimeout))
	return w.ResponseWriter.Write(piece)
}

// FlushError is what ReverseProxy calls after each write. Between writes there is no deadline.
func (w *deadlineWriter) FlushError() error {
	err := w.control.Flush()
	_ = w.control.SetWriteDeadline(time.Time{})
	return err
}

// Unwrap is for http.ResponseController.
func (w *deadlineWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
