package httpapi

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/camera"
)

func withoutAny() camera.Health {
	return camera.Health{State: camera.NoKeyframe, Message: "no keyframe for 12 s: lower it", KeyframeAgeMS: -1}
}

func expectNoKeyframe(t *testing.T, w *httptest.ResponseRecorder, words string) {
	t.Helper()
	for _, want := range []string{`"error":"No video"`, `"reason":"No keyframe"`, words} {
		if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), want) {
			t.Errorf("got %d, %s, want 503 with %q", w.Code, w.Body, want)
		}
	}
}

func TestWithoutAKeyframeViewersAndRecordingsAreToldAtOnce(t *testing.T) {
	f := &fake{camera: withoutAny()}
	expectNoKeyframe(t, ask(t, f, "POST", "/api/webrtc/offer", `{"type":"offer","sdp":"the offer"}`, nil), "for 12 s")
	expectNoKeyframe(t, ask(t, f, "POST", "/whep", "the offer", func(r *http.Request) {
		r.Header.Set("Content-Type", "application/sdp")
	}), "for 12 s")
	expectNoKeyframe(t, ask(t, f, "POST", "/start", "", nil), "for 12 s")
	if f.offer != "" || f.label != "" {
		t.Error("it was tried")
	}
}

func TestARecordingBeginsAtAnOldKeyframeThatIsStillThere(t *testing.T) {
	f := &fake{camera: withoutAny()}
	f.camera.KeyframeAgeMS = 30_000
	if w := ask(t, f, "POST", "/start", "", nil); w.Code != http.StatusOK {
		t.Errorf("got %d, %s", w.Code, w.Body)
	}
}

func TestAStartThatWaitedForAKeyframeInVainSaysSo(t *testing.T) {
	inVain := apierror.New(apierror.NoVideo, "The camera is not sending")
	for name, c := range map[string]struct {
		health camera.Health
		reason bool
	}{
		"none yet":              {camera.Health{State: "live", FPS: 30, KeyframeAgeMS: -1}, true},
		"none for long by now":  {withoutAny(), true},
		"one that was too late": {camera.Health{State: "live", FPS: 30, KeyframeAgeMS: 10}, false},
		"no picture":            {camera.Health{State: "silent", KeyframeAgeMS: -1}, false},
	} {
		w := ask(t, &fake{camera: c.health, err: inVain}, "POST", "/start", "", nil)
		if has := strings.Contains(w.Body.String(), `"reason":"No keyframe"`); has != c.reason || w.Code != 503 {
			t.Errorf("%s: got %d, %s", name, w.Code, w.Body)
		}
	}
}
