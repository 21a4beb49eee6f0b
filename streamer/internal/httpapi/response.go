package httpapi

import (
	"encoding/json"
	"errors"
	"net/http"

	"petcam/streamer/internal/apierror"
)

// statusOf is the one table of errors and statuses.
func statusOf(code apierror.Code) int {
	switch code {
	case apierror.BadRequest, apierror.BadOffer:
		return http.StatusBadRequest
	case apierror.LoginRequired:
		return http.StatusUnauthorized
	case apierror.Forbidden:
		return http.StatusForbidden
	case apierror.NotFound:
		return http.StatusNotFound
	case apierror.MethodNotAllowed:
		return http.StatusMethodNotAllowed
	case apierror.AlreadyRecording, apierror.NotRecording, apierror.NotRecorded:
		return http.StatusConflict
	case apierror.TooLarge:
		return http.StatusRequestEntityTooLarge
	case apierror.PreconditionFailed:
		return http.StatusPreconditionFailed
	case apierror.NotPossible:
		return http.StatusUnprocessableEntity
	case apierror.PreconditionRequired:
		return http.StatusPreconditionRequired
	case apierror.UnsupportedMedia:
		return http.StatusUnsupportedMediaType
	case apierror.TooManyRequests:
		return http.StatusTooManyRequests
	case apierror.NoVideo, apierror.CameraOff, apierror.TooManyViewers:
		return http.StatusServiceUnavailable
	case apierror.RecordingFailed:
		return http.StatusInsufficientStorage
	default:
		return http.StatusInternalServerError
	}
}

// retryAfter is when it may be worth asking again, in seconds; empty: at once, or never.
func retryAfter(code apierror.Code) string {
	switch code {
	case apierror.TooManyViewers:
		return "10"
	case apierror.TooManyRequests:
		return "2"
	default:
		return ""
	}
}

// writeError answers with an apierror; any other error is a defect, which is only logged.
func (a *api) writeError(w http.ResponseWriter, r *http.Request, err error) {
	var f *apierror.Error
	if !errors.As(err, &f) {
		f = apierror.New(apierror.Internal, "something went wrong; the log says what").WithCause(err)
	}
	status := statusOf(f.Code)
	if status == http.StatusInternalServerError && r.Context().Err() == nil {
		a.Log.Error("request failed", "path", r.URL.Path, "error", err)
	} else {
		a.Log.Debug("request refused", "path", r.URL.Path, "remote", r.RemoteAddr, "error", err)
	}
	if again := retryAfter(f.Code); again != "" {
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
	_ = json.NewEncoder(w).Encode(value)
}
