package httpapi

import (
	"net/http"
	"time"
)

// health reports all to programs on this machine, petcam-web among them, and to others only that the service runs.
func (a *api) health(w http.ResponseWriter, r *http.Request) error {
	if a.loopback(r) != nil {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
		return nil
	}
	recording := a.Recorder.Status()
	writeJSON(w, http.StatusOK, map[string]any{
		"status":           "ok",
		"uptime":           time.Since(a.began).Seconds(),
		"webrtc_clients":   a.Viewers.Viewers(),
		"webrtc_listeners": a.Viewers.Listeners(),
		"recording":        recording.Recording,
		"recording_error":  recording.Error,
		"recording_reason": recording.Reason,
		"recording_mode":   a.Keeper.Mode(),
		"by_itself":        a.Keeper.ByItself(),
		"camera":           a.Camera.Health(),
		"faults":           append([]string{}, a.Faults()...),
	})
	return nil
}
