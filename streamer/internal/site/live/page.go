package live

import (
	"net/http"

	"petcam/streamer/internal/site"
)

// show answers with the live page.
func (l *Live) show(w http.ResponseWriter, r *site.Request) error {
	r.Page(w, http.StatusOK, "index", l.pageValues(r), true)
	return nil
}
