package httpapi

import (
	"encoding/json"
	"errors"
	"net/http"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/remedy"
)

// writeError answers with an apierror; any other error is a defect, which is only logged.
func (a *api) writeError(w http.ResponseWriter, r *http.Request, err error) {
	var f *apierror.Error
	if !errors.As(err, &f) {
		f = apierror.New(apierror.Internal, "something went wrong; the log says what").WithCause(err)
	}
	status := f.Code.Status()
	if status == http.StatusInternalServerError && r.Context().Err() == nil {
		a.Log.Error("request failed", "path", r.URL.Path, "error", err)
	} else {
		a.Log.Debug("request refused", "path", r.URL.Path, "remote", r.RemoteAddr, "error", err)
	}
	if again := f.Code.RetryAfter(); again != "" {
		w.Header().Set("Retry-After", again)
	}
	if wantsPage(r) {
		a.writePage(w, r, status)
		return
	}
	answer := map[string]string{"error": string(f.Code), "message": f.Message}
	if f.Reason != "" {
		answer["reason"] = f.Reason
	}
	writeJSON(w, status, answer)
}

// writeJSON answers; that the client has gone is no error of ours.
func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(remedy.Writer(w)).Encode(value) // by one Write
}
