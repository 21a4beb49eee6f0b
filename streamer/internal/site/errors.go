package site

import (
	"errors"
	"html"
	"net/http"
	"strconv"
	"strings"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/page"
)

// logSays is all that anybody learns of a defect.
const logSays = "petcam-streamer's log says more"

const doctor = "sudo petcam doctor" // helps with a file of the state, unless the error names another command

// Plain is an error that has no more than HTTP's status.
type Plain struct {
	Status int
	Header http.Header // that the answer has
}

// Abort makes one.
func Abort(status int) *Plain { return &Plain{Status: status} }

func (e *Plain) Error() string { return e.phrase() }

// phrase and description are as petcam-web's framework has them.
func (e *Plain) phrase() string {
	switch e.Status {
	case http.StatusBadRequest:
		return "Bad request"
	case http.StatusNotFound:
		return "Not found"
	case http.StatusMethodNotAllowed:
		return "Method not allowed"
	case http.StatusRequestEntityTooLarge:
		return "Too large"
	case http.StatusRequestedRangeNotSatisfiable:
		return "Range not satisfiable"
	}
	return http.StatusText(e.Status)
}

func (e *Plain) description() string {
	switch e.Status {
	case http.StatusBadRequest:
		return "The browser (or proxy) sent a request that this server could not understand."
	case http.StatusNotFound:
		return "The requested URL was not found on the server. If you entered the URL manually please check your spelling " +
			"and try again."
	case http.StatusMethodNotAllowed:
		return "The method is not allowed for the requested URL."
	case http.StatusRequestEntityTooLarge:
		return "The data value transmitted exceeds the capacity limit."
	case http.StatusRequestedRangeNotSatisfiable:
		return "The server cannot provide the requested range."
	}
	return e.phrase()
}

// refuse answers an error: a person's in words, a program's in JSON.
func (s *Site) refuse(w http.ResponseWriter, r *Request, err error) {
	var known *apierror.Error
	var plain *Plain
	switch {
	case errors.As(err, &plain):
		s.refusePlain(w, r, plain)
	case errors.As(err, &known):
		s.logDefect(r, known.Code, err)
		s.refuseKnown(w, r, known)
	default:
		s.logDefect(r, apierror.Internal, err)
		s.refuseKnown(w, r, apierror.New(apierror.Internal, logSays))
	}
}

func (s *Site) logDefect(r *Request, code apierror.Code, err error) {
	if code.Status() == http.StatusInternalServerError && !isOfClient(r, err) {
		s.Log.Error("a request failed", "method", r.Method, "path", r.Path, "error", err)
	}
}

func (s *Site) refuseKnown(w http.ResponseWriter, r *Request, err *apierror.Error) {
	if !r.isForPerson() {
		r.PassOn(w, err)
		return
	}
	said := explained{status: err.Code.Status(), seconds: retryAfter(w, err.Code), text: r.explain(err)}
	if err.Code.Status() == http.StatusInternalServerError {
		said.text = r.Say("errors.Internal error")
	}
	if strings.HasPrefix(err.Key, "trouble.") {
		said.command = doctor
		if command := err.Values["command"]; command != "" {
			said.command = command
		}
	}
	said.leadsNowhere = err.Code == apierror.UnknownHost // by that name no other page opens
	said.account = err.Values["account"]
	s.say(w, r, said)
}

// PassOn answers with an error in JSON, whoever asks.
func (r *Request) PassOn(w http.ResponseWriter, err *apierror.Error) {
	_ = retryAfter(w, err.Code)
	status := err.Code.Status()
	body := Object{{"error", string(err.Code)}, {"message", err.Message}}
	if status == http.StatusInternalServerError {
		body = Object{{"error", string(apierror.Internal)}, {"message", logSays}}
	}
	if err.Reason != "" {
		body = append(body, Member{"reason", err.Reason})
	}
	JSON(w, status, body)
}

func retryAfter(w http.ResponseWriter, code apierror.Code) string {
	seconds := code.RetryAfter()
	if seconds != "" {
		w.Header().Set("Retry-After", seconds)
	}
	return seconds
}

func (s *Site) refusePlain(w http.ResponseWriter, r *Request, err *Plain) {
	for name, values := range err.Header {
		w.Header()[name] = values
	}
	if r.isForPerson() {
		s.say(w, r, explained{status: err.Status, text: r.explainPhrase(err.phrase())})
		return
	}
	body := append([]byte(`{"error": `), appendText(nil, err.phrase(), true)...)
	body = append(append(body, `, "message": `...), appendText(nil, err.description(), true)...)
	writeBody(w, err.Status, "application/json", append(body, '}'))
}

// explained is what a person is told.
type explained struct {
	status       int
	text         string
	command      string // that helps
	seconds      string // after which to try again
	leadsNowhere bool   // no link of petcam's works
	account      string // set: the page leads to the account, as the owner's only way there
}

// say answers with a page, or with the words alone to a program that opened one.
func (s *Site) say(w http.ResponseWriter, r *Request, said explained) {
	if !wantsHTML(r.Request) {
		writeBody(w, said.status, "text/plain", []byte(said.text+"\n"))
		return
	}
	w.Header().Set("Cache-Control", "no-store") // also of a static file that is not there
	writeBody(w, said.status, "text/html", s.errorPage(r, said))
}

func (s *Site) errorPage(r *Request, said explained) (made []byte) {
	defer func() {
		if defect := recover(); defect != nil { // the error that it was to say must not be lost behind another
			s.Log.Error("the page of an error cannot be made", "error", defect)
			made = []byte("<!doctype html><title>petcam</title><p>" + html.EscapeString(said.text) + "</p>")
		}
	}()
	texts := map[string]string{
		"root": r.Root, "status": strconv.Itoa(said.status), "text": said.text, "command": said.command,
		"seconds": said.seconds, "leads_nowhere": set(said.leadsNowhere), "account": said.account,
	}
	if isPassing(said.status) && r.IsSafe() && !said.leadsNowhere {
		texts["here"] = r.SitePath(LocalPath(r.Path))
	}
	r.languageLinks(texts)
	return s.Bundle.Render("error", r.Language(), page.Values{Texts: texts})
}

// isPassing tells whether the same may go well later.
func isPassing(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable,
		http.StatusGatewayTimeout, http.StatusInsufficientStorage:
		return true
	}
	return false
}

// set is how a page has a variable that is or is not.
func set(is bool) string {
	if is {
		return "1"
	}
	return ""
}
