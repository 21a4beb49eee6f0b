package httpapi

import (
	"net/http"
	"time"
)

func (a *api) health(w http.ResponseWriter, _ *http.Request) error {
	writeJSON(w, http.StatusOK, map[string]any{
		"status":         "ok",
		"uptime":         time.Since(a.began).Seconds(),
		"webrtc_clients": a.Viewers.Viewers(),
		"recording":      a.Recorder.Status().Recording,
		"camera":         a.Camera.Health(),
	})
	return nil
}
