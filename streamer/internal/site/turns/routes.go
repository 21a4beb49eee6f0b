package turns

import (
	"encoding/json"
	"net/http"
	"strconv"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/site"
	"petcam/streamer/internal/switches"
)

func (t *Turns) showCamera(w http.ResponseWriter, _ *site.Request) error {
	site.JSON(w, http.StatusOK, t.CameraJSON())
	return nil
}

// turnCamera is for the owner alone, as every change is, and for programs that were let turn it.
func (t *Turns) turnCamera(w http.ResponseWriter, r *site.Request) error {
	on, asked, err := askedOf(r)
	if err != nil {
		return err
	}
	minutes, err := wantedMinutes(asked)
	if err != nil {
		return err
	}
	by := "token"
	if r.IsOwner() {
		by = "owner"
	}
	if err := t.Camera.Turn(on, by, minutes); err != nil {
		return err
	}
	return t.showCamera(w, r)
}

func (t *Turns) showSound(w http.ResponseWriter, _ *site.Request) error {
	site.JSON(w, http.StatusOK, t.soundJSON())
	return nil
}

// turnSound is for the owner alone, as every change is.
func (t *Turns) turnSound(w http.ResponseWriter, r *site.Request) error {
	on, _, err := askedOf(r)
	if err != nil {
		return err
	}
	if err := t.Sound.Turn(on, "owner", 0); err != nil {
		return err
	}
	return t.showSound(w, r)
}

// askedOf is whether it is to be on, and all that the request asks for.
func askedOf(r *site.Request) (on bool, asked map[string]any, err error) {
	if asked, err = r.JSONObject(site.MaxControlBytes); err != nil {
		return false, nil, err
	}
	on, is := asked["on"].(bool)
	if !is {
		return false, nil, apierror.New(apierror.BadRequest, `"on" must be true or false`)
	}
	return on, asked, nil
}

// wantedMinutes are 0 where it is to be off until somebody turns it on.
func wantedMinutes(asked map[string]any) (int, error) {
	if asked["minutes"] == nil {
		return 0, nil
	}
	number, _ := asked["minutes"].(json.Number)
	minutes, err := strconv.Atoi(number.String())
	if err != nil || minutes < 1 || minutes > switches.MaxOffMinutes {
		return 0, apierror.New(apierror.BadRequest, `"minutes" must be a whole number from 1 to %d, or null`, switches.MaxOffMinutes)
	}
	return minutes, nil
}
