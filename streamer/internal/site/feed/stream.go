package feed

import (
	"errors"
	"io"
	"net/http"

	"petcam/streamer/internal/fairshare"
	"petcam/streamer/internal/site"
)

// errNoLine says that the server was put together without fairshare.ConnContext, or serves TLS itself.
var errNoLine = errors.New("feed: the request came by no TCP connection")

// stream answers with the events until the client leaves or may no longer see them.
func (f *Feed) stream(w http.ResponseWriter, r *site.Request) error {
	line := fairshare.LineOf(r.Request)
	if line == nil {
		return errNoLine
	}
	open, release, err := f.Streams.Open(r)
	if err != nil {
		return err
	}
	defer release()
	if r.Method == http.MethodHead {
		release()
	}
	if err := begin(w, r); err != nil || r.Method == http.MethodHead {
		return nil // where it has gone, that is no error of ours
	}
	l := f.listeners.join(line, r.ProtoAtLeast(1, 1))
	select {
	case <-open.Done():
	case <-f.ended:
	case <-l.gone:
	}
	if !f.listeners.leave(l) {
		panic(http.ErrAbortHandler) // half of an event has left: what comes behind it must not look like the rest
	}
	return nil
}

// begin sends the headers and the first field.
func begin(w http.ResponseWriter, r *site.Request) error {
	w.Header().Set("Connection", "close") // behind the last event; what a connection was good for is over by then
	if err := site.BeginStream(w, "text/event-stream"); err != nil || r.Method == http.MethodHead {
		return err
	}
	if _, err := io.WriteString(w, retryField); err != nil {
		return err
	}
	return http.NewResponseController(w).Flush() // all of it, so that nothing else writes to the connection from now on
}
