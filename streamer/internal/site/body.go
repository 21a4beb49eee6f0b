package site

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"petcam/streamer/internal/apierror"
)

// The bounds of bodies.
const (
	MaxControlBytes = 4 << 10
	MaxOfferBytes   = 64 << 10 // no route takes more, forms included

	maxBodyBytes = MaxOfferBytes + 4<<10 // also as chunks; from here on the request is not even read
	sentWithin   = time.Minute

	// Of a request that was refused so much is still taken, so that the answer arrives.
	sentBehind  = time.Second
	bytesBehind = 256 << 10
)

// Body is the body, at most limit bytes.
func (r *Request) Body(limit int) ([]byte, error) {
	if len(r.body) > limit {
		return nil, apierror.New(apierror.TooLarge, "the body may have at most %d bytes", limit)
	}
	return r.body, nil
}

// JSONObject is the JSON object of the body, whatever its content type says; empty where there is no body. Numbers are
// json.Number.
func (r *Request) JSONObject(limit int) (map[string]any, error) {
	body, err := r.Body(limit)
	if err != nil {
		return nil, err
	}
	body = bytes.TrimPrefix(body, []byte("\uFEFF"))
	if len(bytes.TrimSpace(body)) == 0 {
		return map[string]any{}, nil
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if !utf8.Valid(body) || !json.Valid(body) || decoder.Decode(&value) != nil {
		return nil, apierror.New(apierror.BadRequest, "the body is not JSON")
	}
	object, is := value.(map[string]any)
	if !is {
		return nil, apierror.New(apierror.BadRequest, "the body must be a JSON object")
	}
	return object, nil
}

// Form is the fields of a form by their names, of several of one name the first.
type Form map[string]string

// ReadForm reads the body as a form. What is no form has no fields.
func (r *Request) ReadForm() (Form, error) {
	if len(r.body) > MaxOfferBytes {
		return nil, Abort(http.StatusRequestEntityTooLarge)
	}
	kind, parameters, _ := mime.ParseMediaType(header(r.Request, "Content-Type"))
	switch {
	case kind == "application/x-www-form-urlencoded" && utf8.Valid(r.body):
		return formOf(parsePairs(string(r.body), escaped)), nil
	case kind == "multipart/form-data" && parameters["boundary"] != "":
		return formOf(multipartPairs(r.body, parameters["boundary"])), nil
	}
	return Form{}, nil
}

func formOf(pairs []pair) Form {
	form := Form{}
	for _, each := range pairs {
		if _, has := form[each.name]; !has {
			form[each.name] = each.value
		}
	}
	return form
}

// multipartPairs are none where the parts cannot be read.
func multipartPairs(body []byte, boundary string) (all []pair) {
	parts := multipart.NewReader(bytes.NewReader(body), boundary)
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return all
		}
		if err != nil {
			return nil
		}
		value, err := io.ReadAll(part) // the body is bounded
		if err != nil {
			return nil
		}
		if part.FileName() == "" {
			all = append(all, pair{part.FormName(), decode(string(value), replaced)})
		}
	}
}

// refusal is the answer to a request that cannot be read, in the form of all other errors. The connection ends with it.
type refusal struct {
	status         int
	phrase, reason string
}

var (
	cannotBeRead    = refusal{http.StatusBadRequest, "Bad request", "the request cannot be read"}
	bodyTooLarge    = refusal{http.StatusRequestEntityTooLarge, "Too large", "the body may have at most 65536 bytes"}
	headersTooLarge = refusal{http.StatusRequestHeaderFieldsTooLarge, "Too large", "the headers may have 16384 bytes at most"}
	unknownEncoding = refusal{http.StatusNotImplemented, "Not supported here", "the transfer encoding is not known"}
)

func (f *refusal) body() []byte {
	return []byte(`{"error": "` + f.phrase + `", "message": "` + f.reason + `"}`)
}

func (f *refusal) answer(w http.ResponseWriter) {
	w.Header().Set("Connection", "close")
	writeBody(w, f.status, "application/json", f.body())
	end(w)
}

// end ends the connection once its client has read the answer, or after a while. With bytes of the request left unread the
// kernel would drop what is on its way.
func end(w http.ResponseWriter) {
	control := http.NewResponseController(w)
	_ = control.Flush()
	conn, _, err := control.Hijack()
	if err != nil {
		return // net/http ends it
	}
	defer func() { _ = conn.Close() }()
	if half, can := conn.(interface{ CloseWrite() error }); can && half.CloseWrite() == nil {
		_ = conn.SetReadDeadline(time.Now().Add(sentBehind))
		_, _ = io.CopyN(io.Discard, conn, bytesBehind)
	}
}

// readRequest reads the body before anything looks at the request, as no answer may come before it is whole, and looks at
// what net/http lets through.
func readRequest(w http.ResponseWriter, r *http.Request) ([]byte, *refusal) {
	lines := 3 // the request's, Host's, and the empty one
	for _, values := range r.Header {
		lines += len(values)
	}
	switch {
	case lines > maxHeaderLines || r.Method != strings.ToUpper(r.Method):
		return nil, &cannotBeRead
	case r.ContentLength >= maxBodyBytes:
		return nil, &bodyTooLarge
	case r.Body == nil || r.Body == http.NoBody:
		return nil, nil
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(sentWithin))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBodyBytes-1))
	_ = control.SetReadDeadline(time.Time{})
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, &bodyTooLarge
	case err != nil:
		return nil, &cannotBeRead
	}
	return body, nil
}
