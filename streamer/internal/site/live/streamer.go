package live

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/netip"

	"petcam/streamer/internal/site"
)

// Streamer gives what answers at a path of the streamer's own API, without its guard; internal/httpapi's Server.
type Streamer interface {
	Direct(method, path string) http.HandlerFunc
}

// asked is a question to the streamer's API. It comes from this machine unless from says otherwise.
type asked struct {
	method, path string // with its query
	body         []byte
	from         netip.Addr
	like         *http.Request // whose Host and token it has; nil: none
}

func (a asked) request(ctx context.Context) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, a.method, "http://127.0.0.1"+a.path, bytes.NewReader(a.body))
	if err != nil {
		return nil, err
	}
	if !a.from.IsValid() {
		a.from = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	request.RemoteAddr = netip.AddrPortFrom(a.from, 0).String()
	request.Header.Set("Content-Type", "application/json")
	if a.like != nil {
		request.Host = a.like.Host
		if token := a.like.Header.Get("Authorization"); token != "" {
			request.Header.Set("Authorization", token)
		}
	}
	return request, nil
}

// answered is the answer: JSON, and small.
type answered struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (a *answered) Header() http.Header { return a.header }

func (a *answered) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answered) Write(piece []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(piece)
}

// ask asks, and waits for the whole answer.
func (a asked) ask(ctx context.Context, handle http.HandlerFunc) (*answered, error) {
	request, err := a.request(ctx)
	if err != nil {
		return nil, err
	}
	answer := &answered{header: http.Header{}}
	handle(answer, request)
	return answer, nil
}

// passOn asks, and answers with the same status and body.
func (a asked) passOn(ctx context.Context, w http.ResponseWriter, handle http.HandlerFunc) error {
	answer, err := a.ask(ctx, handle)
	if err != nil {
		return err
	}
	if again := answer.header.Get("Retry-After"); again != "" {
		w.Header().Set("Retry-After", again)
	}
	site.JSON(w, answer.status, json.RawMessage(answer.body.Bytes()))
	return nil
}
