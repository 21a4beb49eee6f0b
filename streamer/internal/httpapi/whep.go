package httpapi

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/rtc"
)

const (
	sdp         = "application/sdp"
	sdpFragment = "application/trickle-ice-sdpfrag"
)

// whep answers the offer of a media server or player.
func (a *api) whep(w http.ResponseWriter, r *http.Request) error {
	client := rtc.Client{Remote: remote(r), ID: rand.Text()}
	tokenID := ""
	err := a.admitOffer(client.Remote, func() (err error) { tokenID, err = a.tokenID(w, r); return err })
	if err != nil {
		return err
	}
	client.Session = sessionOf(tokenID)
	if err := requireType(r, sdp); err != nil {
		return err
	}
	offer, err := readBody(w, r, maxOffer)
	if err != nil {
		return err
	}
	if err := a.joinable(); err != nil {
		return err
	}
	answer, err := a.Viewers.Answer(r.Context(), string(offer), client)
	if err != nil {
		return err
	}
	if a.Viewing != nil && !a.Viewing.IsValid(tokenID) { // revoked while we negotiated
		a.Viewers.EndSession(client.Session)
		return viewingTokenRequired(w, errors.New("the token was revoked"))
	}
	a.writeSession(w, client.ID, answer)
	return nil
}

// writeSession answers an offer.
func (a *api) writeSession(w http.ResponseWriter, id, answer string) {
	h := w.Header()
	for _, url := range a.ICE {
		h.Add("Link", fmt.Sprintf(`<%s>; rel="ice-server"`, url))
	}
	h.Set("Location", "/whep/"+id)
	h.Set("ETag", etag(id))
	h.Set("Accept-Patch", sdpFragment)
	h.Set("Content-Type", sdp)
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, answer) // that the client has gone is no error of ours
}

// whepPatch takes trickled candidates. The ICE session never changes, so its entity tag neither.
func (a *api) whepPatch(w http.ResponseWriter, r *http.Request) error {
	tokenID, err := a.tokenID(w, r)
	if err != nil {
		return err
	}
	if err := requireType(r, sdpFragment); err != nil {
		return err
	}
	id := path.Base(r.URL.Path)
	switch match := r.Header.Get("If-Match"); match {
	case etag(id):
	case "":
		return apierror.New(apierror.PreconditionRequired, "If-Match must hold the session's ETag")
	case "*", `"*"`: // the draft's own example has the second
		return apierror.New(apierror.NotPossible, "ICE is not restarted; make a new offer")
	default:
		return apierror.New(apierror.PreconditionFailed, "If-Match is not the session's ETag")
	}
	fragment, err := readBody(w, r, maxOffer)
	if err != nil {
		return err
	}
	if err := a.Viewers.Trickle(id, sessionOf(tokenID), string(fragment)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (a *api) whepDelete(w http.ResponseWriter, r *http.Request) error {
	tokenID, err := a.tokenID(w, r)
	if err != nil {
		return err
	}
	if !a.Viewers.End(path.Base(r.URL.Path), sessionOf(tokenID)) {
		return apierror.New(apierror.NotFound, "there is no such session (any more)")
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

// whepGet shows players by its content type that this is a WHEP endpoint.
func (a *api) whepGet(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", sdp)
	w.WriteHeader(http.StatusOK)
	return nil
}

// whepOptions allows no web page anything: CORS' headers are missing.
func (a *api) whepOptions(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Allow", "GET, OPTIONS, POST")
	w.Header().Set("Accept-Post", sdp)
	w.WriteHeader(http.StatusOK)
	return nil
}

// viewingTokenID is the id of the request's viewing token; empty where none is needed.
func (a *api) tokenID(w http.ResponseWriter, r *http.Request) (id string, err error) {
	if a.Viewing == nil {
		return "", nil
	}
	token := bearerToken(r)
	if _, password, basic := r.BasicAuth(); basic { // go2rtc, like many a player, knows no other way
		token = password
	}
	if token == "" {
		return "", viewingTokenRequired(w, errors.New("no token"))
	}
	if id, err = a.Viewing.Accept(token); err != nil {
		return "", viewingTokenRequired(w, err)
	}
	return id, nil
}

// bearerToken is that of a request's Authorization; empty: there is none.
func bearerToken(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

func viewingTokenRequired(w http.ResponseWriter, cause error) error {
	w.Header().Set("WWW-Authenticate", `Bearer realm="petcam"`)
	return apierror.New(apierror.LoginRequired, "a viewing token is needed: sudo petcam token add").WithCause(cause)
}

// sessionOf is the session of all viewers with one viewing token.
func sessionOf(tokenID string) string {
	if tokenID == "" {
		return ""
	}
	return ViewingSession(tokenID)
}

// ViewingSession is the session that ends when the viewing token with that id is revoked. Sessions of petcam-web have no
// such name.
func ViewingSession(id string) string { return "token " + id }

func etag(id string) string { return `"` + id + `"` }
