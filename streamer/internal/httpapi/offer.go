package httpapi

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/offertoken"
	"petcam/streamer/internal/rtc"
)

// description is an SDP offer or answer, as browsers write it.
type description struct {
	Type string `json:"type"`
	SDP  string `json:"sdp"`
}

func (a *api) offer(w http.ResponseWriter, r *http.Request) error {
	allowOrigin(w, r) // before anything fails, so that the page may read why
	var pass offertoken.Pass
	err := a.admit(r, func() (err error) { pass, err = a.spend(r); return err })
	if err != nil {
		return err
	}
	body, err := readBody(w, r, maxOffer)
	if err != nil {
		return err
	}
	var offer description
	if err := decode(r, body, &offer); err != nil {
		return err
	}
	if offer.Type != "offer" {
		return apierror.New(apierror.BadOffer, `type must be "offer"`)
	}
	client := rtc.Client{Remote: remote(r), Session: pass.Session, Until: pass.Until}
	answer, err := a.Viewers.Answer(r.Context(), offer.SDP, client)
	if err != nil {
		return err
	}
	if a.Tokens != nil && a.Tokens.Ended(pass) { // while we negotiated
		a.Viewers.EndSession(pass.Session)
		return loginRequired(errors.New("the session has just ended"))
	}
	writeJSON(w, http.StatusOK, description{Type: "answer", SDP: answer})
	return nil
}

// preflight tells a browser that petcam's page may send an offer. The guard has checked that it is that page.
func (a *api) preflight(w http.ResponseWriter, r *http.Request) error {
	allowOrigin(w, r)
	w.Header().Set("Access-Control-Allow-Methods", "POST")
	w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
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

// admit judges who brings an offer, before anything is read of the offer itself. Who has no token can cost us no more
// than that, and cannot use up what there is for those who have.
func (a *api) admit(r *http.Request, judge func() error) error {
	if err := a.pace.of(remote(r)); err != nil {
		return err
	}
	if err := judge(); err != nil {
		return err
	}
	return a.pace.ofAll()
}

// spend takes the offer's token where one is needed.
func (a *api) spend(r *http.Request) (pass offertoken.Pass, err error) {
	if a.Tokens == nil {
		return pass, nil
	}
	given := bearerToken(r)
	if given == "" {
		return pass, loginRequired(errors.New("no token"))
	}
	if pass, err = a.Tokens.Accept(given, a.hostNames(r)...); err != nil {
		return pass, loginRequired(err)
	}
	return pass, nil
}

// hostNames are those under which a request may have reached us: that of its Host, and of the public URL, whose reverse
// proxy may have put another Host.
func (a *api) hostNames(r *http.Request) []string {
	names := []string{strings.ToLower(hostname(r.Host))}
	if public, err := url.Parse(a.PublicURL); err == nil && public.Host != "" {
		names = append(names, strings.ToLower(public.Hostname()))
	}
	return names
}

func loginRequired(cause error) error {
	return apierror.New(apierror.LoginRequired, "log in on petcam's page, which then gets a new token").WithCause(cause)
}
