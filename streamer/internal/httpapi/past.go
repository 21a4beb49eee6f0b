package httpapi

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"petcam/streamer/internal/apierror"
)

const (
	defaultPast = 60.0  // seconds
	maxPast     = 600.0 // seconds; the shared memory holds less but of cameras that send very little

	// pieceTimeout is how long a viewer may take for a picture of the past: it loads no more than it needs to play on.
	pieceTimeout = 30 * time.Second
)

// keepPast keeps the last seconds as a recording.
func (a *api) keepPast(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(w, r, maxBody)
	if err != nil {
		return err
	}
	fields := struct {
		Seconds float64 `json:"seconds"`
	}{defaultPast}
	if len(body) > 0 {
		if err := decode(r, body, &fields); err != nil {
			return err
		}
	}
	span, err := pastSpan("seconds", fields.Seconds)
	if err != nil {
		return err
	}
	kept, err := a.Past.KeepPast(span)
	if err != nil {
		return a.noVideo(err)
	}
	writeJSON(w, http.StatusOK, kept)
	return nil
}

// rewind sends what was captured so many seconds ago, and what came after it, as an MP4.
func (a *api) rewind(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	back, err := spanIn(query, "from", defaultPast)
	if err != nil {
		return err
	}
	limit, err := spanIn(query, "for", math.Inf(1))
	if err != nil {
		return err
	}
	past, err := a.Past.Rewind(back)
	if err != nil {
		return a.noVideo(err)
	}
	defer past.Close()
	h := w.Header()
	h.Set("Content-Type", past.Type)
	h.Set("X-Capture-Ns", strconv.FormatUint(past.FirstNS, 10))
	h.Set("X-Rtp-Timestamp", strconv.FormatUint(uint64(past.FirstRTP), 10))
	h.Set("X-Past-Age", fmt.Sprintf("%.3f", past.Age.Seconds()))
	h.Set("X-Past-Held", fmt.Sprintf("%.3f", past.Held.Seconds()))
	if r.Method == http.MethodHead {
		return nil
	}
	_ = past.Send(r.Context(), &pieces{w, http.NewResponseController(w)}, limit) // that the client has gone is no error of ours
	return nil
}

// spanIn gives the seconds that the query names; without an end where it does not, and the default is infinite.
func spanIn(query url.Values, name string, without float64) (time.Duration, error) {
	text := query.Get(name)
	switch {
	case text == "" && math.IsInf(without, 1):
		return math.MaxInt64, nil
	case text == "":
		return pastSpan(name, without)
	}
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, apierror.New(apierror.BadRequest, "%s must be a number of seconds", name)
	}
	return pastSpan(name, seconds)
}

// pastSpan checks what somebody asks for; it is written so that what is no number is refused too.
func pastSpan(name string, seconds float64) (time.Duration, error) {
	if !(seconds > 0 && seconds <= maxPast) {
		return 0, apierror.New(apierror.BadRequest, "%s must be above 0 and at most %.0f", name, maxPast)
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

// pieces sends each piece at once, and gives up a client that does not take it.
type pieces struct {
	http.ResponseWriter
	control *http.ResponseController
}

func (p *pieces) Write(piece []byte) (int, error) {
	if err := p.control.SetWriteDeadline(time.Now().Add(pieceTimeout)); err != nil {
		return 0, err
	}
	n, err := p.ResponseWriter.Write(piece)
	if err == nil {
		err = p.control.Flush()
	}
	return n, err
}
