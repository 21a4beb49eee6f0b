package httpapi

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/netip"
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

// answer is one to an offer of petcam's page, which shows the picture in its shape and asks for sound by its id.
type answer struct {
	description
	Aspect [2]int `json:"aspect"` // a pixel's width and height
	ID     string `json:"id"`
}

func (a *api) offer(w http.ResponseWriter, r *http.Request) error {
	var grant offertoken.Grant
	from := viewer(r)
	err := a.admitOffer(from, func() (err error) { grant, err = a.acceptToken(r); return err })
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
	if err := a.joinable(); err != nil {
		return err
	}
	client := rtc.Client{Remote: from, Session: grant.Session, Page: rand.Text(), Until: grant.Until}
	sdp, err := a.Viewers.Answer(r.Context(), offer.SDP, client)
	if err != nil {
		return err
	}
	if a.Tokens != nil && a.Tokens.Ended(grant) { // while we negotiated
		a.Viewers.EndSession(grant.Session)
		return loginRequired(errors.New("the session has just ended"))
	}
	writeJSON(w, http.StatusOK, answer{description{Type: "answer", SDP: sdp}, a.Camera.Health().Aspect, client.Page})
	return nil
}

// preflight tells a browser that petcam's page may send an offer, or a wish for sound. noForeignPage has checked that it is that page.
func (a *api) preflight(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Access-Control-Allow-Methods", "POST")
	w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
	w.Header().Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// admitOffer checks an offer's rate and, by checkToken, its token, before its body is read. Offers without a token are
// counted for their address only, so that they cannot use up the rate of those with one.
func (a *api) admitOffer(from netip.Addr, checkToken func() error) error {
	if err := a.limiter.allowFrom(from); err != nil {
		return err
	}
	if err := checkToken(); err != nil {
		return err
	}
	return a.limiter.allow()
}

// acceptToken uses up the offer's token, where one is needed.
func (a *api) acceptToken(r *http.Request) (grant offertoken.Grant, err error) {
	if a.Tokens == nil {
		return grant, nil
	}
	given := bearerToken(r)
	if given == "" {
		return grant, loginRequired(errors.New("no token"))
	}
	if grant, err = a.Tokens.Accept(given, a.hostNames(r)...); err != nil {
		return grant, loginRequired(err)
	}
	return grant, nil
}

// hostNames are those that the browser may have used for a request: its Host, and that of the public URL, as a reverse
// proxy may have changed the Host.
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
