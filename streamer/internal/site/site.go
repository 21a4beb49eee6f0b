// Package site is what stands in front of every route of petcam's page: whose request it is, by which name it came, from
// which page, and what it may; and the form of answers. petcam/web/http is the same in Python. It imports apierror, config,
// fairshare, network and page.
package site

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/config"
	"petcam/streamer/internal/page"
)

// Options are what a Site works with. All but Bundle, Visitors and Log may be missing.
type Options struct {
	Bundle     *page.Bundle
	Config     config.Config
	Visitors   Visitors
	Names      func() []string         // by which the machine goes; asked again and again
	CameraOn   func() bool             // nil: it is
	Microphone func() string           // "on", "off", or empty where the camera has none
	TLSProof   func() string           // by which the TLS proxy is recognised; empty: it is not
	Connect    func(r *Request) string // the other origin that a page may call; empty: none
	LANAddress func() string           // the machine's on its network; nil: as the system says
	Log        *slog.Logger
}

// Site answers requests.
type Site struct {
	Options
	forwarded forwarded
	hosts     *hosts
	routes    node
	gzip      *compressor
	threads   *threads
}

// New makes a Site that has the static files alone.
func New(options Options) *Site {
	s := &Site{
		Options:   options,
		forwarded: newForwarded(options.Config.Web, options.TLSProof),
		hosts:     newHosts(options.Config, options.Names),
		gzip:      newCompressor(),
		threads:   newThreads(maxThreads),
	}
	static := Route{Method: http.MethodGet, Path: "/static/<path:filename>", Marks: Page | ForEverybody, Handle: s.static}
	static.keeps = true
	s.routes.add(&static)
	return s
}

// Add makes routes known. Call it before the first request.
func (s *Site) Add(routes ...Route) {
	for at := range routes {
		s.routes.add(&routes[at])
	}
}

// ServeHTTP answers.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, refused := readRequest(w, r)
	if refused != nil {
		refused.answer(w)
		return
	}
	request := s.newRequest(r, body)
	answer := &answer{ResponseWriter: w, request: request}
	defer answer.wait()
	defer answer.endThread()
	err := s.withoutPanic(answer, request)
	switch {
	case err == nil:
	case answer.began:
		s.Log.Warn("an answer ended early", "path", request.Path, "error", err)
		panic(http.ErrAbortHandler) // what was sent must not look like the whole
	default:
		clear(answer.Header())
		s.refuse(answer, request, err)
	}
}

// withoutPanic makes an error of what a defect panics with.
func (s *Site) withoutPanic(w *answer, r *Request) (err error) {
	defer func() {
		switch defect := recover(); defect {
		case nil:
		case http.ErrAbortHandler:
			panic(defect)
		default:
			err = fmt.Errorf("defect: %v\n%s", defect, debug.Stack())
		}
	}()
	return s.handle(w, r)
}

// handle makes the checks in their order, then answers.
func (s *Site) handle(w *answer, r *Request) error {
	for _, check := range []func() error{r.requireText, func() error { return s.hosts.refuseForeign(r) }, r.refuseOtherOrigins} {
		if err := check(); err != nil {
			return err
		}
	}
	if answered, err := s.gate(w, r); answered || err != nil {
		return err
	}
	if r.Has(Live) && s.CameraOn != nil && !s.CameraOn() {
		return apierror.New(apierror.CameraOff, "the owner has turned the camera off; it is turned on on petcam's page").
			WithWords("refusals.camera_off")
	}
	return s.dispatch(w, r)
}

func (s *Site) dispatch(w *answer, r *Request) error {
	switch {
	case r.found.route == nil:
		return s.refuseWithoutRoute(w, r)
	case r.Method == http.MethodOptions:
		all := s.routes.find(r.Path, "")
		w.Header().Set("Allow", all.methods())
		writeBody(w, http.StatusOK, "text/html", nil)
		return nil
	}
	release, err := r.takeThread()
	if err != nil {
		return err
	}
	w.release = release
	return r.found.route.Handle(w, r)
}

// refuseWithoutRoute leads to the path without doubled slashes where that has a route.
func (s *Site) refuseWithoutRoute(w http.ResponseWriter, r *Request) error {
	allowed := r.found
	if path := withoutDoubled(r.Path); path != r.Path {
		allowed = s.routes.find(path, r.Method)
		if allowed.route != nil {
			r.redirectAbsolutely(w, path)
			return nil
		}
	}
	if len(allowed.allowed) > 0 {
		err := Abort(http.StatusMethodNotAllowed)
		err.Header = http.Header{"Allow": {allowed.methods()}}
		return err
	}
	return Abort(http.StatusNotFound)
}

// isOfClient tells whether an error is that the client has gone.
func isOfClient(r *Request, err error) bool {
	return r.Context().Err() != nil && (errors.Is(err, r.Context().Err()) || errors.Is(err, http.ErrAbortHandler))
}
