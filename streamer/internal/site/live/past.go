package live

import (
	"context"
	"net/http"
	"regexp"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/site"
)

const (
	maxPasts      = 8 // as many as the streamer has at once; half of them for one session, viewing token or network
	leastPast     = 0.1
	maxPast       = 600.0 // seconds
	defaultPast   = 60.0
	givesWayAtAll = time.Second // for the end of a viewer's stream before
)

var viewerForm = regexp.MustCompile(`^[A-Za-z0-9-]{1,36}$`)

// past sends video from a moment of the past on, as far as the shared memory still holds it. A viewer has one at a time:
// another request with the same "viewer" ends the one before.
func (l *Live) past() site.Handler {
	handle, streams := l.API.Direct(http.MethodGet, rewindPath), l.Streams.OfAKind(maxPasts)
	return func(w http.ResponseWriter, r *site.Request) error {
		path, err := pastPath(r)
		if err != nil {
			return err
		}
		viewer := r.Arg("viewer")
		if viewer != "" && !viewerForm.MatchString(viewer) {
			return apierror.New(apierror.BadRequest, "viewer must be 1 to 36 letters, digits or hyphens")
		}
		turn := l.turns.begin(viewer)
		defer turn.end()
		ctx, release, err := streams.Open(r)
		if err != nil {
			return err
		}
		defer release()
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(turn.over, cancel)()
		// what a client does not take must not hold up the end
		defer context.AfterFunc(ctx, func() { _ = http.NewResponseController(w).SetWriteDeadline(time.Now()) })()
		request, err := asked{method: r.Method, path: path}.request(ctx)
		if err != nil {
			return err
		}
		handle(&opened{ResponseWriter: w}, request)
		return nil
	}
}

// pastPath asks the streamer for what the request asks for.
func pastPath(r *site.Request) (string, error) {
	from, err := r.Number("from", leastPast, maxPast, defaultPast)
	if err != nil {
		return "", err
	}
	path := rewindPath + "?from=" + site.General(from)
	if _, is := r.LookupArg("for"); is {
		length, err := r.Number("for", leastPast, maxPast, defaultPast)
		if err != nil {
			return "", err
		}
		path += "&for=" + site.General(length)
	}
	return path, nil
}

// opened is an answer that proxies are to pass on piece by piece, where it is no error.
type opened struct {
	http.ResponseWriter
	began bool
}

func (o *opened) WriteHeader(status int) {
	if !o.began && status == http.StatusOK {
		o.Header().Set("X-Accel-Buffering", "no")
	}
	o.began = true
	o.ResponseWriter.WriteHeader(status)
}

func (o *opened) Write(piece []byte) (int, error) {
	if !o.began {
		o.WriteHeader(http.StatusOK)
	}
	return o.ResponseWriter.Write(piece)
}

// Unwrap is for http.ResponseController.
func (o *opened) Unwrap() http.ResponseWriter { return o.ResponseWriter }
