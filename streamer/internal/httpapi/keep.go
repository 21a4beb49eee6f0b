package httpapi

import (
	"net/http"
	"time"

	"petcam/streamer/internal/apierror"
)

// Seconds of a lease: how long it lasts, and how far it reaches back.
const (
	defaultLease, minLease, maxLease       = 15.0, 1.0, 60.0
	defaultPreRoll, minPreRoll, maxPreRoll = 5.0, 0.0, 30.0
)

// keep prolongs the lease by which a visit is recorded.
func (a *api) keep(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(w, r, maxBody)
	if err != nil {
		return err
	}
	fields := struct {
		Seconds float64 `json:"seconds"`
		PreRoll float64 `json:"pre_roll"`
	}{defaultLease, defaultPreRoll}
	if len(body) > 0 {
		if err := decode(r, body, &fields); err != nil {
			return err
		}
	}
	span, err := within("seconds", fields.Seconds, minLease, maxLease)
	if err != nil {
		return err
	}
	preRoll, err := within("pre_roll", fields.PreRoll, minPreRoll, maxPreRoll)
	if err != nil {
		return err
	}
	leased, err := a.Keeper.Keep(span, preRoll)
	if err != nil {
		return a.noVideo(err)
	}
	writeJSON(w, http.StatusOK, leased)
	return nil
}

// within checks a number of seconds; it is written so that what is no number is refused too.
func within(name string, seconds, low, high float64) (time.Duration, error) {
	if !(low <= seconds && seconds <= high) {
		return 0, apierror.New(apierror.BadRequest, "%s must be a number from %.0f to %.0f", name, low, high)
	}
	return time.Duration(seconds * float64(time.Second)), nil
}
