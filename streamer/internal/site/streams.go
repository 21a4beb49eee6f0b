package site

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"sync"
	"time"

	"petcam/streamer/internal/apierror"
)

const (
	streamsOfThreads = 8 // so many of web.threads streams never take
	checkInterval    = time.Second
)

// slots are places for open streams. One holder (a session, a viewing token, a network) has at most half of them.
type slots struct {
	limit, share int
	mu           sync.Mutex // guards what follows
	taken        int
	held         map[string]int
}

func newSlots(limit int) *slots {
	return &slots{limit: limit, share: (limit + 1) / 2, held: map[string]int{}}
}

// take takes a place, which counts for each holder. What it gives gives the place back, and may be called twice.
func (s *slots) take(holders []string) (release func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken >= s.limit {
		return nil, apierror.New(apierror.TooManyClients, "all %d places for open streams are taken; try again soon", s.limit)
	}
	for _, holder := range holders {
		if s.held[holder] >= s.share {
			return nil, apierror.New(apierror.TooManyClients, "you have %d open streams already, which is the most", s.share)
		}
	}
	s.count(holders, 1)
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.count(holders, -1)
	}), nil
}

// count: called with mu held.
func (s *slots) count(holders []string, by int) {
	s.taken += by
	for _, holder := range holders {
		if s.held[holder] += by; s.held[holder] == 0 {
			delete(s.held, holder)
		}
	}
}

// Streams are answers that stay open.
type Streams struct {
	all *slots
	own *slots // of a kind; nil: none
}

// NewStreams makes those of a service that may have so many threads, which web.threads says: of a program that has none it
// bounds the streams all the same.
func NewStreams(threads int) *Streams {
	return &Streams{all: newSlots(max(1, threads-streamsOfThreads))}
}

// OfAKind are streams of which there are limit at most, and half as many for one holder, besides what holds for all.
func (s *Streams) OfAKind(limit int) *Streams { return &Streams{all: s.all, own: newSlots(limit)} }

// TakeSlot is for a request that waits. What it gives ends that, and may be called twice.
func (s *Streams) TakeSlot(r *Request) (release func(), err error) {
	holders := r.Holders()
	if s.own == nil {
		return s.all.take(holders)
	}
	releaseOwn, err := s.own.take(holders)
	if err != nil {
		return nil, err
	}
	releaseAll, err := s.all.take(holders)
	if err != nil {
		releaseOwn()
		return nil, err
	}
	return func() { releaseAll(); releaseOwn() }, nil
}

// Open begins a stream. Its context ends when the client leaves, is no longer let in, or may no longer see what it shows,
// within about a second. release is to be called when the answer is over.
func (s *Streams) Open(r *Request) (ctx context.Context, release func(), err error) {
	admitted := r.Admission()
	free, err := s.TakeSlot(r)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(r.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer cancel()
		ticker := time.NewTicker(checkInterval)
		defer ticker.Stop()
		for admitted() {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	}()
	return ctx, sync.OnceFunc(func() { cancel(); <-ended; free() }), nil
}

// BeginStream writes the headers of an answer that stays open.
func BeginStream(w http.ResponseWriter, kind string) error {
	w.Header().Set("Content-Type", withCharset(kind))
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	return http.NewResponseController(w).Flush()
}

// Holders are whom the request counts for where places are shared out: its session or viewing token, and its network, since
// who knows a password can log in again and again.
func (r *Request) Holders() []string {
	network := r.Network()
	if session := r.Session(); session != nil {
		return []string{"session " + session.ID, network}
	}
	if token := r.ViewingToken(); token != "" && r.site.Visitors.LoginNeeded() {
		sum := sha256.Sum256([]byte(token))
		return []string{"token " + hex.EncodeToString(sum[:]), network}
	}
	return []string{network}
}
