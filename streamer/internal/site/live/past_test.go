package live

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestThePastIsAskedForInTheStreamersWords(t *testing.T) {
	b := newBench(t)
	for query, want := range map[string]string{
		"": "?from=60", "?from=0.1&viewer=a-1": "?from=0.1", "?from=600&for=2.50": "?from=600&for=2.5", "?for=600": "?from=60&for=600",
		"?from=59.1234567": "?from=59.1235",
	} {
		b.expect("200 GET /past.mp4|GET /past.mp4"+want+"|127.0.0.1:0|127.0.0.1||\"\"\n", "GET", "/api/past.mp4"+query, "")
	}
	for query, why := range map[string]string{
		"?from=0":     "from must be a number from 0.1 to 600",
		"?from=600.1": "from must be a number from 0.1 to 600",
		"?from=1e1":   "from must be a number from 0.1 to 600",
		"?for=":       "for must be a number from 0.1 to 600",
		"?viewer=a_b": "viewer must be 1 to 36 letters, digits or hyphens",
	} {
		b.expect(`400 {"error":"Bad request","message":"`+why+`"}`, "GET", "/api/past.mp4"+query, "")
	}
	if b.ask("GET", "/api/past.mp4?viewer=a", ""); len(b.live.turns.open) != 0 {
		t.Error("what has ended has its viewer's turn")
	}
	if w := b.ask("GET", "/api/past.mp4", ""); w.Header().Get("X-Accel-Buffering") != "no" {
		t.Error(w.Header())
	}
	b.streamer.handle = func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) }
	if w := b.ask("GET", "/api/past.mp4", ""); w.Code != 503 || w.Header().Get("X-Accel-Buffering") != "" {
		t.Error(w)
	}
}

func TestAnotherStreamOfTheSameViewerEndsTheOneBefore(t *testing.T) {
	b := newBench(t)
	began, ended := make(chan string, 9), make(chan string, 9)
	b.streamer.handle = func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		began <- r.URL.RawQuery
		<-r.Context().Done()
		ended <- r.URL.RawQuery
	}
	server := httptest.NewServer(b.site())
	defer server.Close()
	begin := func(query string) *http.Response {
		t.Helper()
		request, _ := http.NewRequestWithContext(t.Context(), "GET", server.URL+"/api/past.mp4?"+query, nil)
		request.Header.Set("Cookie", "who=owner")
		answer, err := http.DefaultClient.Do(request)
		if err != nil || answer.StatusCode != 200 {
			t.Fatal(answer, err)
		}
		if got := <-began; query[:6] != got {
			t.Fatalf("%s began instead of %s", got, query)
		}
		return answer
	}
	none := func() {
		t.Helper()
		select {
		case which := <-ended:
			t.Fatal(which, "has ended")
		case <-time.After(20 * time.Millisecond):
		}
	}
	first, alone := begin("from=1&viewer=a"), begin("from=2")
	other := begin("from=3&viewer=b")
	none()
	second := begin("from=4&viewer=a")
	if which := <-ended; which != "from=1" {
		t.Error(which)
	}
	none()
	for _, each := range []*http.Response{first, alone, other, second} {
		_ = each.Body.Close()
	}
	for range 3 {
		<-ended
	}
}

func TestNobodyHasAllPlacesForThePast(t *testing.T) {
	b := newBench(t)
	began := make(chan bool)
	b.streamer.handle = func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		began <- true
		<-r.Context().Done()
	}
	server := httptest.NewServer(b.site())
	defer server.Close()
	for n := range maxPasts/2 + 1 {
		request, _ := http.NewRequestWithContext(t.Context(), "GET", server.URL+"/api/past.mp4", nil)
		request.Header.Set("Cookie", "who=owner")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		if n < maxPasts/2 {
			<-began
		} else if answer.StatusCode != 503 && answer.StatusCode != 429 {
			t.Error(answer.Status)
		}
	}
}
