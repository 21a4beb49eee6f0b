// Package apierror is the error type of the HTTP API: a code that programs compare and a message for people. It imports
// nothing of the streamer.
package apierror

import "fmt"

// Code is the fixed phrase of an error; docs/http-api.md lists them. Status has the status of each.
type Code string

// The codes that the streamer answers with.
const (
	BadRequest           Code = "Bad request"
	BadOffer             Code = "Bad offer"
	LoginRequired        Code = "Login required"
	Forbidden            Code = "Forbidden"
	NotFound             Code = "Not found"
	MethodNotAllowed     Code = "Method not allowed"
	AlreadyRecording     Code = "Already recording"
	NotRecording         Code = "Not recording"
	NotRecorded          Code = "Not recorded"
	TooLarge             Code = "Too large"
	TooManyRequests      Code = "Too many requests"
	UnsupportedMedia     Code = "Unsupported media type"
	NoVideo              Code = "No video"
	CameraOff            Code = "Camera off"
	TooManyViewers       Code = "Too many viewers"
	RecordingFailed      Code = "Recording failed"
	PreconditionFailed   Code = "Precondition failed"
	PreconditionRequired Code = "Precondition required"
	NotPossible          Code = "Not possible here"
	UnknownHost          Code = "Unknown host"
	Conflict             Code = "Conflict"
	BadRange             Code = "Range not satisfiable"
	TooManyClients       Code = "Too many clients"
	NotSupported         Code = "Not supported here"
	NoDisk               Code = "Disk not mounted"
	DiskFault            Code = "Disk fault"
	DiskFull             Code = "Disk full"
	StateDamaged         Code = "State damaged"     // a file of the state directory cannot be read: nobody gets in by it
	StateNotWritten      Code = "State not written" // the disk has what was there before
	StateNotSynced       Code = "State not synced"  // the disk has what is new, and a power cut may undo it
	Internal             Code = "Internal error"
)

// Error is safe to show to anyone; what only the log may have is in Cause.
type Error struct {
	Code    Code
	Reason  string // a fixed phrase too, where the code has several reasons
	Message string
	Key     string            // of the words for people (docs/words.md), where there are some
	Values  map[string]string // for the places of these words
	Cause   error
}

// New makes an Error from a code and a formatted message.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// WithReason returns e with its reason.
func (e *Error) WithReason(reason string) *Error {
	e.Reason = reason
	return e
}

// WithWords returns e with the key of its words for people, and values for their places: names, each with its value.
func (e *Error) WithWords(key string, values ...string) *Error {
	e.Key, e.Values = key, map[string]string{}
	for at := 0; at+1 < len(values); at += 2 {
		e.Values[values[at]] = values[at+1]
	}
	return e
}

// WithCause returns e with the cause that goes into the log only.
func (e *Error) WithCause(cause error) *Error {
	e.Cause = cause
	return e
}

func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Cause)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

func (e *Error) Unwrap() error { return e.Cause }
