package httpapi

import (
	"testing"
	"time"

	"petcam/streamer/internal/apierror"
)

func TestALeaseIsAnsweredWithTheFileThatItMakes(t *testing.T) {
	f := &fake{}
	got := fields(t, ask(t, f, "POST", "/keep", `{"seconds": 20, "pre_roll": 2.5}`, nil), 200)
	if f.lease != [2]time.Duration{20 * time.Second, 2500 * time.Millisecond} {
		t.Error(f.lease)
	}
	if got["filename"] != "petcam_2~visit.mp4" || got["first_ns"] != float64(1<<62) || got["recording"] != true || len(got["files"].([]any)) != 1 {
		t.Error(got)
	}
	for _, body := range []string{"", "{}"} {
		fields(t, ask(t, f, "POST", "/keep", body, nil), 200)
		if f.lease != [2]time.Duration{15 * time.Second, 5 * time.Second} {
			t.Errorf("%q: %v", body, f.lease)
		}
	}
}

func TestALeaseHasItsBounds(t *testing.T) {
	for _, body := range []string{
		`{"seconds": 0.9}`, `{"seconds": 60.1}`, `{"seconds": -1}`, `{"seconds": 1e300}`, `{"seconds": "15"}`, `{"pre_roll": -0.1}`,
		`{"pre_roll": 30.5}`, `{"seconds": 15, "pre_roll": []}`, `[]`, `{`,
	} {
		f := &fake{}
		expectError(t, ask(t, f, "POST", "/keep", body, nil), 400, apierror.BadRequest)
		if f.lease[0] != 0 {
			t.Errorf("%s was let through", body)
		}
	}
	for _, body := range []string{`{"seconds": 1, "pre_roll": 0}`, `{"seconds": 60, "pre_roll": 30}`} {
		fields(t, ask(t, &fake{}, "POST", "/keep", body, nil), 200)
	}
}

func TestALeaseWhereNothingIsRecordedByItselfIsRefused(t *testing.T) {
	f := &fake{err: apierror.New(apierror.NotRecorded, "recording.mode is manual")}
	expectError(t, ask(t, f, "POST", "/keep", "", nil), 409, apierror.NotRecorded)
	if w := ask(t, f, "GET", "/keep", "", nil); w.Code != 405 || w.Header().Get("Allow") != "POST" {
		t.Error(w.Code, w.Header())
	}
}
