package httpapi

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"petcam/streamer/internal/apierror"
)

const pageOrigin = "http://camera:8080"

// Headers that a page of another origin may read anyway (Fetch standard, "CORS-safelisted response-header name"), and
// those that are for the browser itself, or for who tries the API by hand.
var (
	safelisted = []string{"Cache-Control", "Content-Language", "Content-Length", "Content-Type", "Expires", "Last-Modified", "Pragma"}
	notForPage = []string{"Allow", "Vary", "X-Content-Type-Options"}
)

func TestPetcamsPageMayReadTheAnswersOfItsRoutesWholeAndOfNoOthers(t *testing.T) {
	failures := []error{nil, apierror.New(apierror.TooManyViewers, "full"), apierror.New(apierror.TooManyRequests, "fast"),
		apierror.New(apierror.BadOffer, "no"), apierror.New(apierror.NoVideo, "no").WithReason("No keyframe")}
	table := (&api{Options: optionsOf(&fake{})}).routes()
	for path, route := range table {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodOptions, http.MethodDelete} {
			for _, failure := range failures {
				w := ask(t, &fake{err: failure}, method, oneOf(path), offerBody, header("Origin", pageOrigin))
				allowed := w.Header().Get("Access-Control-Allow-Origin")
				if route.forPage != (allowed == pageOrigin) || (!route.forPage && allowed != "") {
					t.Errorf("%s %s, %v: the page's origin is answered with %q", method, path, failure, allowed)
				}
				if hidden := hiddenHeaders(w.Header()); route.forPage && len(hidden) > 0 {
					t.Errorf("%s %s, %v: the page cannot read %q", method, path, failure, hidden)
				}
			}
		}
	}
}

// oneOf is a path that a route's stands for.
func oneOf(path string) string {
	if strings.HasSuffix(path, "/") {
		return path + "ID"
	}
	return path
}

func hiddenHeaders(answer http.Header) (hidden []string) {
	exposed := strings.Split(answer.Get("Access-Control-Expose-Headers"), ", ")
	for name := range answer {
		if !slices.Contains(slices.Concat(safelisted, notForPage, exposed), name) && !strings.HasPrefix(name, "Access-Control-") {
			hidden = append(hidden, name)
		}
	}
	return hidden
}
