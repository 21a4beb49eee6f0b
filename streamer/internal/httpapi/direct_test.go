package httpapi

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func TestDirectlyThereIsNoGuardAndTheSameAnswer(t *testing.T) {
	server := New(optionsOf(&fake{}))
	ask := func(method, path, from string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader("[]"))
		r.RemoteAddr, r.Host = from, "foreign.example"
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Origin", "http://foreign.example")
		w := httptest.NewRecorder()
		server.Direct(method, path)(w, r)
		return w
	}
	if w := ask("GET", "/status", "192.0.2.1:5"); w.Code != 200 || !strings.Contains(w.Body.String(), `"recording"`) {
		t.Error(w)
	}
	w := ask("POST", "/start", "192.0.2.1:5")
	if w.Code != 400 || w.Body.String() != `{"error":"Bad request","message":"the body must be a JSON object"}`+"\n" {
		t.Error(w)
	}
	defer func() {
		if recover() == nil {
			t.Error("a method that the path does not have has a handler")
		}
	}()
	server.Direct(http.MethodGet, "/start")
}

func TestASessionIsEndedDirectly(t *testing.T) {
	f := &fake{}
	New(optionsOf(f)).EndSession("mine")
	if !slices.Equal(f.ended, []string{"mine"}) {
		t.Error(f.ended)
	}
}
