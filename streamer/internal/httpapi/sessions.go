package httpapi

import (
	"net/http"

	"petcam/streamer/internal/apierror"
)

// endSession ends the streams of a session that petcam-web has ended, and has its unused tokens refused.
func (a *api) endSession(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(w, r, maxBody)
	if err != nil {
		return err
	}
	var fields struct {
		Session string `json:"session"`
		All     bool   `json:"all"`
	}
	if err := decode(r, body, &fields); err != nil {
		return err
	}
	if (fields.Session != "") == fields.All {
		return apierror.New(apierror.BadRequest, `the body must name a "session" or have "all": true`)
	}
	writeJSON(w, http.StatusOK, map[string]int{"closed": a.end(fields.Session)})
	return nil
}

// end is of a session; empty: of all.
func (a *api) end(session string) (closed int) {
	if a.Tokens != nil {
		a.Tokens.End(session) // before the streams: see api.offer
	}
	return a.Viewers.EndSession(session)
}
