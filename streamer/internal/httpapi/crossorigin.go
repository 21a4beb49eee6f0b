package httpapi

import "net/http"

// pageHeaders are those of our headers that the page's scripts read. A browser hides all but the simplest from a page
// of another origin, as petcam's page is by its port.
const pageHeaders = "Retry-After"

// allowOrigin lets the page read the answer, and when to come again. The route's guard has checked its origin.
func allowOrigin(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Vary", "Origin")
	if origin := r.Header.Get("Origin"); origin != "" {
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Access-Control-Expose-Headers", pageHeaders)
	}
}
