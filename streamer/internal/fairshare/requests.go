package fairshare

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"petcam/streamer/internal/network"
)

const (
	smallPiece    = 4 << 10  // a piece of an answer that counts with its connection
	progressBytes = 64 << 10 // of a large one, at least, are taken in the time for a piece
)

// errGaveWay is what a request meets that has given way to another.
var errGaveWay = errors.New("the request gave way to others")

// Requests bounds the requests that are answered at once, in bytes: each costs base, and its body as it is read; see
// NewRequests and Bounds.
type Requests struct {
	pool    *Pool
	base    int64
	answers *Pool         // bytes that wait for somebody to take them; nil: these have no bound, nor is this machine counted
	unsent  time.Duration // for a piece of an answer
}

// NewRequests makes Requests of other machines, of limit bytes in sum; see New for share. Those of this machine are not
// counted: control and the web service come from there.
func NewRequests(limit, share, base int64) *Requests {
	return &Requests{pool: New(limit, share), base: base}
}

// Handler has next answer, and ends the requests that give way.
func (q *Requests) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from, _ := netip.ParseAddrPort(r.RemoteAddr)
		place := network.Of(from.Addr())
		if q.answers != nil {
			local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
			place = placeOf(from.Addr().Unmap(), local)
		} else if from.Addr().Unmap().IsLoopback() {
			next.ServeHTTP(w, r)
			return
		}
		if conn, known := r.Context().Value(connectionKey{}).(link); known && conn.hold != nil {
			conn.hold.Begin()
			defer conn.hold.End()
		}
		q.answer(next, w, r, place)
	})
}

func (q *Requests) answer(next http.Handler, w http.ResponseWriter, r *http.Request, from netip.Prefix) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	x := &exchange{ResponseWriter: w, control: http.NewResponseController(w), cancel: cancel, requests: q}
	x.hold = q.pool.add(from, q.base, x.giveWay)
	defer x.finish()
	r = r.WithContext(context.WithValue(ctx, exchangeKey{}, x.hold))
	if r.Body == nil || r.Body == http.NoBody {
		x.hold.Begin()
	} else {
		r.Body = &countedBody{ReadCloser: r.Body, hold: x.hold}
	}
	next.ServeHTTP(x, r)
}

// exchange is a request that is being answered, as its handler sees it.
type exchange struct {
	http.ResponseWriter
	control  *http.ResponseController
	cancel   context.CancelFunc
	requests *Requests
	hold     *Hold

	mu    sync.Mutex // guards what follows: another request's goroutine calls giveWay
	over  bool       // the handler has returned: the ResponseWriter must not be used any more
	ended bool       // it has given way
}

// LetIn says of a request whose it is, by the session; empty: of nobody who is logged in. Its connection counts for that
// session until the next request on it.
func LetIn(ctx context.Context, session string) {
	if conn, known := ctx.Value(connectionKey{}).(link); known && conn.hold != nil {
		conn.hold.letIn(session)
	}
	if request, known := ctx.Value(exchangeKey{}).(*Hold); known {
		request.letIn(session)
	}
}

// giveWay makes every wait of the handler fail.
func (x *exchange) giveWay() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.ended = true
	if x.over {
		return
	}
	past := time.Unix(1, 0)
	_ = x.control.SetReadDeadline(past)
	_ = x.control.SetWriteDeadline(past)
	x.cancel()
}

// finish runs when the handler has returned. What it wrote after it gave way must not look like an answer.
func (x *exchange) finish() {
	x.hold.Release()
	x.mu.Lock()
	x.over = true
	ended := x.ended
	x.mu.Unlock()
	if ended {
		panic(http.ErrAbortHandler)
	}
}

// Write counts as use where somebody takes the answer.
func (x *exchange) Write(piece []byte) (int, error) {
	if x.requests.answers != nil && len(piece) > smallPiece {
		return x.writeLarge(piece)
	}
	x.hold.Giving()
	n, err := x.ResponseWriter.Write(piece)
	x.hold.Given(n > 0)
	return n, err
}

// writeLarge counts a piece until it has been taken, which may take long, but not without some of it being taken.
func (x *exchange) writeLarge(piece []byte) (n int, err error) {
	held := x.requests.answers.add(x.hold.from, int64(len(piece)), x.giveWay)
	defer held.Release()
	held.letIn(x.hold.whose())
	held.Begin()
	for n < len(piece) && err == nil {
		if err = x.SetWriteDeadline(time.Now().Add(x.requests.unsent)); err != nil {
			return n, err
		}
		var taken int
		x.hold.Giving()
		held.Giving()
		taken, err = x.ResponseWriter.Write(piece[n:min(n+progressBytes, len(piece))])
		held.Given(taken > 0)
		x.hold.Given(taken > 0)
		n += taken
	}
	return n, err
}

// FlushError is for http.ResponseController.
func (x *exchange) FlushError() error {
	x.hold.Giving()
	err := x.control.Flush()
	x.hold.Given(err == nil)
	return err
}

// SetReadDeadline and SetWriteDeadline are for http.ResponseController; they must not undo giveWay's.
func (x *exchange) SetReadDeadline(at time.Time) error {
	return x.deadline(x.control.SetReadDeadline, at)
}

// SetWriteDeadline: see SetReadDeadline.
func (x *exchange) SetWriteDeadline(at time.Time) error {
	return x.deadline(x.control.SetWriteDeadline, at)
}

func (x *exchange) deadline(set func(time.Time) error, at time.Time) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ended {
		return errGaveWay
	}
	return set(at)
}

// Unwrap is for http.ResponseController.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// countedBody is a request's body of which each byte that is read counts. Once it is whole, the answer begins.
type countedBody struct {
	io.ReadCloser
	hold  *Hold
	whole bool
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 && !b.hold.Grow(int64(n)) {
		return 0, errGaveWay
	}
	if err == io.EOF && !b.whole {
		b.whole = true
		b.hold.Begin()
	}
	return n, err
}
