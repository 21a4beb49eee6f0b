package httpapi

import (
	"net/http"
	"path"
	"slices"
	"strings"

	"petcam/streamer/internal/apierror"
)

// handler answers a request, or says why not.
type handler func(w http.ResponseWriter, r *http.Request) error

// route is the handlers of a path.
type route struct {
	guard   func(r *http.Request) error // refuses clients that may not use the path
	methods map[string]handler
	forPage bool // petcam's page, which is of another origin, may read all of its answers (see allowOrigin)
}

// routes is the table of all paths. A path that ends in / stands for those with one more segment.
func (a *api) routes() map[string]route {
	return map[string]route{
		"/api/webrtc/offer": {guard: a.noForeignPage, forPage: true, methods: map[string]handler{
			http.MethodPost: a.offer, http.MethodOptions: a.preflight}},
		"/api/webrtc/sound": {guard: a.noForeignPage, forPage: true, methods: map[string]handler{
			http.MethodPost: a.sound, http.MethodOptions: a.preflight}},
		"/whep": {guard: a.noForeignPage, methods: map[string]handler{
			http.MethodPost: a.whep, http.MethodOptions: a.whepOptions, http.MethodGet: a.whepGet}},
		"/whep/": {guard: a.noForeignPage, methods: map[string]handler{
			http.MethodPatch: a.whepPatch, http.MethodDelete: a.whepDelete, http.MethodGet: a.whepGet}},
		"/start":        {guard: a.loopback, methods: map[string]handler{http.MethodPost: a.start}},
		"/stop":         {guard: a.loopback, methods: map[string]handler{http.MethodPost: a.stop}},
		"/status":       {guard: a.loopback, methods: map[string]handler{http.MethodGet: a.status}},
		"/keep":         {guard: a.loopback, methods: map[string]handler{http.MethodPost: a.keep}},
		"/past":         {guard: a.loopback, methods: map[string]handler{http.MethodPost: a.keepPast}},
		"/past.mp4":     {guard: a.loopback, methods: map[string]handler{http.MethodGet: a.rewind}},
		"/sessions/end": {guard: a.loopback, methods: map[string]handler{http.MethodPost: a.endSession}},
		"/metrics":      {guard: a.metricsClient, methods: map[string]handler{http.MethodGet: a.metrics}},
		"/health":       {guard: a.noForeignPage, methods: map[string]handler{http.MethodGet: a.health}},
	}
}

func (a *api) serve(routes map[string]route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if err := dispatch(routes, w, r); err != nil {
			a.writeError(w, r, err)
		}
	})
}

func dispatch(routes map[string]route, w http.ResponseWriter, r *http.Request) error {
	found, ok := routes[r.URL.Path]
	if directory, word := path.Split(r.URL.Path); !ok && word != "" {
		found, ok = routes[directory]
	}
	if !ok || strings.HasSuffix(r.URL.Path, "/") {
		return apierror.New(apierror.NotFound, "there is nothing at this path")
	}
	if err := found.guard(r); err != nil {
		return err
	}
	if found.forPage {
		allowOrigin(w, r) // before anything else fails, so that the page may read why
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet // net/http leaves the body out
	}
	handle, ok := found.methods[method]
	if !ok {
		w.Header().Set("Allow", allowed(found))
		return apierror.New(apierror.MethodNotAllowed, "only %s is possible here", allowed(found))
	}
	return handle(w, r)
}

func allowed(found route) string {
	var methods []string
	for method := range found.methods {
		methods = append(methods, method)
	}
	slices.Sort(methods)
	return strings.Join(methods, ", ")
}
