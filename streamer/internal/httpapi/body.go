package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"

	"petcam/streamer/internal/apierror"
)

// readBody reads the body, at most limit bytes.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, apierror.New(apierror.TooLarge, "the body is larger than %d bytes", limit)
	case err != nil:
		return nil, apierror.New(apierror.BadRequest, "the body did not come through").WithCause(err)
	}
	return body, nil
}

// requireType refuses a body of another content type.
func requireType(r *http.Request, kind string) error {
	if given, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || given != kind {
		return apierror.New(apierror.UnsupportedMedia, "the body must be %s", kind)
	}
	return nil
}

// decode reads a JSON object into value; fields that it does not know are ignored.
func decode(r *http.Request, body []byte, value any) error {
	if err := requireType(r, "application/json"); err != nil {
		return err
	}
	if body = bytes.TrimSpace(body); len(body) == 0 || body[0] != '{' {
		return apierror.New(apierror.BadRequest, "the body must be a JSON object")
	}
	err := json.Unmarshal(body, value)
	var wrongType *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrongType):
		return apierror.New(apierror.BadRequest, "%s has the wrong type", wrongType.Field).WithCause(err)
	case err != nil:
		return apierror.New(apierror.BadRequest, "the body is not JSON").WithCause(err)
	}
	return nil
}
