package httpapi

import (
	"net/http"

	"petcam/streamer/internal/apierror"
)

// sound begins or ends the sound of one of the page's viewers. It needs no token: only whoever got the viewer's answer
// knows its id.
func (a *api) sound(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(w, r, maxBody)
	if err != nil {
		return err
	}
	var wish struct {
		ID string `json:"id"`
		On *bool  `json:"on"`
	}
	if err := decode(r, body, &wish); err != nil {
		return err
	}
	if wish.ID == "" || wish.On == nil {
		return apierror.New(apierror.BadRequest, `the body must have the viewer's "id" and "on"`)
	}
	if err := a.Viewers.Listen(wish.ID, *wish.On); err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]bool{"on": *wish.On})
	return nil
}
