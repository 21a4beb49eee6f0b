package httpapi

import (
	"encoding/json"
	"errors"
	"net/http"

	"petcam/streamer/internal/fault"
)

// statusOf is the one table of errors and statuses.
func statusOf(code fault.Code) int {
	switch code {
	case fault.BadRequest, fault.BadOffer:
		return http.StatusBadRequest
	case fault.LoginRequired:
		return http.StatusUnauthorized
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.NotFound:
		return http.StatusNotFound
	case fault.MethodNotAllowed:
		return http.StatusMethodNotAllowed
	case fault.AlreadyRecording, fault.NotRecording:
		return http.StatusConflict
	case fault.TooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.Outdated:
		return http.StatusPreconditionFailed
	case fault.NotPossible:
		return http.StatusUnprocessableEntity
	case fault.Unconditional:
		return http.StatusPreconditionRequired
	case fault.UnsupportedMedia:
		return http.StatusUnsupportedMediaType
	case fault.TooManyRequests:
		return http.StatusTooManyRequests
	case fault.NoVideo, fault.TooManyViewers:
		return http.StatusServiceUnavailable
	case fault.RecordingFailed:
		return http.StatusInsufficientStorage
	default:
		return http.StatusInternalServerError
	}
}

// retryAfter is when it may be worth asking again, in seconds; empty: at once, or never.
func retryAfter(code fault.Code) string {
	switch code {
	case fault.TooManyViewers:
		return "10"
	case fault.TooManyRequests:
		return "2"
	default:
		return ""
	}
}

// writeError answers with a fault; anything else is a defect, of which only the log hears.
func (a *api) writeError(w http.ResponseWriter, r *http.Request, err error) {
	var f *fault.Error
	if !errors.As(err, &f) {
		f = fault.New(fault.Internal, "something went wrong; the log says what").Because(err)
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
