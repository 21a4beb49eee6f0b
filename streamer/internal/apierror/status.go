package apierror

import "net/http"

// Status is the HTTP status of an answer with this code: the one table of them.
func (c Code) Status() int {
	switch c {
	case BadRequest, BadOffer:
		return http.StatusBadRequest
	case LoginRequired:
		return http.StatusUnauthorized
	case Forbidden:
		return http.StatusForbidden
	case NotFound:
		return http.StatusNotFound
	case MethodNotAllowed:
		return http.StatusMethodNotAllowed
	case AlreadyRecording, NotRecording, NotRecorded, Conflict:
		return http.StatusConflict
	case TooLarge:
		return http.StatusRequestEntityTooLarge
	case PreconditionFailed:
		return http.StatusPreconditionFailed
	case UnsupportedMedia:
		return http.StatusUnsupportedMediaType
	case BadRange:
		return http.StatusRequestedRangeNotSatisfiable
	case UnknownHost:
		return http.StatusMisdirectedRequest
	case NotPossible:
		return http.StatusUnprocessableEntity
	case PreconditionRequired:
		return http.StatusPreconditionRequired
	case TooManyRequests:
		return http.StatusTooManyRequests
	case NotSupported:
		return http.StatusNotImplemented
	case NoVideo, CameraOff, TooManyViewers, TooManyClients, NoDisk, DiskFault, StateDamaged:
		return http.StatusServiceUnavailable
	case RecordingFailed, DiskFull, StateNotWritten, StateNotSynced:
		return http.StatusInsufficientStorage
	default:
		return http.StatusInternalServerError
	}
}

// RetryAfter is when it may be worth asking again, in seconds; empty: at once, or never.
func (c Code) RetryAfter() string {
	switch c {
	case TooManyViewers:
		return "10"
	case TooManyClients:
		return "5"
	case TooManyRequests:
		return "2"
	default:
		return ""
	}
}
