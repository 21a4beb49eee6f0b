package httpapi

import (
	"net/http"
	"testing"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/record"
)

func TestThePastIsKeptForSoManySecondsAsTheBodySays(t *testing.T) {
	for body, want := range map[string]time.Duration{"": time.Minute, "{}": time.Minute, `{"seconds":7.5}`: 7500 * time.Millisecond} {
		f := &fake{}
		got := fields(t, ask(t, f, "POST", "/past", body, nil), 200)
		if f.back != want || got["filename"] != "petcam_2.mp4" || got["seconds"] != 59.5 || got["again"] != false {
			t.Errorf("%s: %v back, answer %v", body, f.back, got)
		}
	}
}

func TestWhatCannotBeKeptIsRefused(t *testing.T) {
	for _, body := range []string{`{"seconds":0}`, `{"seconds":-1}`, `{"seconds":601}`, `{"seconds":"60"}`, `[]`} {
		expectError(t, ask(t, &fake{}, "POST", "/past", body, nil), 400, apierror.BadRequest)
	}
	for _, query := range []string{"from=0", "from=x", "from=NaN", "from=1e9", "from=-3", "for=0", "for=x"} {
		expectError(t, ask(t, &fake{}, "GET", "/past.mp4?"+query, "", nil), 400, apierror.BadRequest)
	}
	failing := &fake{err: apierror.New(apierror.RecordingFailed, "full")}
	expectError(t, ask(t, failing, "POST", "/past", "", nil), 507, apierror.RecordingFailed)
	busy := &fake{err: apierror.New(apierror.TooManyViewers, "eight")}
	answer := ask(t, busy, "GET", "/past.mp4", "", nil)
	expectError(t, answer, 503, apierror.TooManyViewers)
	if answer.Header().Get("Retry-After") == "" {
		t.Error("it does not say when to come again")
	}
}

func TestOnlyTheBoardItselfMayLookBack(t *testing.T) {
	foreign := func(r *http.Request) { r.RemoteAddr = "192.168.1.20:40000" }
	expectError(t, ask(t, &fake{}, "POST", "/past", "", foreign), 403, apierror.Forbidden)
	expectError(t, ask(t, &fake{}, "GET", "/past.mp4", "", foreign), 403, apierror.Forbidden)
}

func (f *fake) KeepPast(span time.Duration) (record.Kept, error) {
	f.back = span
	return record.Kept{Filename: "petcam_2.mp4", Files: []string{"petcam_2.mp4"}, Seconds: 59.5, Bytes: 100}, f.err
}

func (f *fake) Rewind(back time.Duration) (*record.Rewind, error) {
	f.back = back
	return nil, f.err
}
