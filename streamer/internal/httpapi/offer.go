package httpapi

import (
	"net/http"

	"petcam/streamer/internal/fault"
)

// description is an SDP offer or answer, as browsers write it.
type description struct {
	Type string `json:"type"`
	SDP  string `json:"sdp"`
}

func (a *api) offer(w http.ResponseWriter, r *http.Request) error {
	allowOrigin(w, r) // before anything fails, so that the page may read why
	body, err := readBody(w, r, maxOffer)
	if err != nil {
		return err
	}
	var offer description
	if err := decode(r, body, &offer); err != nil {
		return err
	}
	if offer.Type != "offer" {
		return fault.New(fault.BadOffer, `type must be "offer"`)
	}
	answer, err := a.Viewers.Answer(r.Context(), offer.SDP, remote(r))
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, description{Type: "answer", SDP: answer})
	return nil
}

// preflight tells a browser that petcam's page may send an offer. The guard has checked that it is that page.
func (a *api) preflight(w http.ResponseWriter, r *http.Request) error {
	allowOrigin(w, r)
	w.Header().Set("Access-Control-Allow-Methods", "POST")
	w.Header().Set("Access-Control-Allow-Headers", "Content-Type")
	w.Header().Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// allowOrigin lets the page read the answer. Its origin has passed the guard.
func allowOrigin(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Vary", "Origin")
	if origin := r.Header.Get("Origin"); origin != "" {
		w.Header().Set("Access-Control-Allow-Origin", origin)
	}
}
