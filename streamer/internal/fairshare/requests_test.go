package fairshare

import (
	"fmt"
	"io"
	"net/http"
	"testing"
)

// answering serves what reads the whole body, tells entered, and answers when it is told to.
func answering(t *testing.T, requests *Requests) (s fakeListener, entered chan string, answer chan struct{}) {
	t.Helper()
	s, entered, answer = newFakeListener(), make(chan string, 100), make(chan struct{})
	serve(t, Limit(s, 1000, 1000, quiet()), requests.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		entered <- r.RemoteAddr
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		if r.URL.Path == "/slow" {
			select {
			case <-answer:
			case <-r.Context().Done():
			}
		}
		_, _ = io.WriteString(w, "hello")
	})))
	return s, entered, answer
}

func TestBodiesOfAFloodGiveWayToAnHonestOne(t *testing.T) {
	s, entered, _ := answering(t, NewRequests(100, 10, 1))
	var flood []io.Reader
	for n := range 10 {
		far := s.connect(fmt.Sprintf("[2001:db8::%x]:1", n))
		if _, err := io.WriteString(far, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n1234567890"); err != nil {
			t.Fatal(err)
		}
		<-entered
		flood = append(flood, far)
	}
	honest := s.connect("[2001:db8::ffff]:1")
	if got := ask(t, honest, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 80\r\n\r\n"+string(make([]byte, 80))); got != ok {
		t.Errorf("the honest one got %q", got)
	}
	left := make([]byte, 100)
	if n, err := flood[0].Read(left); err != io.EOF {
		t.Errorf("the oldest of the flood was not closed: %q, %v", left[:n], err)
	}
}

func TestRequestThatGaveWayGetsNoAnswer(t *testing.T) {
	s, entered, answer := answering(t, NewRequests(2, 1, 1))
	first := s.connect("[2001:db8::1]:1")
	slow := func(far io.Writer) {
		t.Helper()
		if _, err := io.WriteString(far, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		<-entered
	}
	slow(first)
	second := s.connect("[2001:db8::2]:1")
	slow(second)
	slow(s.connect("[2001:db8::3]:1"))
	if text, err := io.ReadAll(first); err != nil || len(text) > 0 {
		t.Errorf("it got %q, %v", text, err)
	}
	close(answer)
	if got := ask(t, second, ""); got != ok {
		t.Errorf("the second got %q", got)
	}
}

func TestRequestsOfThisMachineAreNotCounted(t *testing.T) {
	s, entered, answer := answering(t, NewRequests(1, 1, 1))
	var all []io.Reader
	for range 5 {
		far := s.connect("127.0.0.1:1")
		if _, err := io.WriteString(far, "GET /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		<-entered
		all = append(all, far)
	}
	close(answer)
	for _, far := range all {
		if text, err := io.ReadAll(far); err != nil || len(text) < len(ok) || string(text[:len(ok)]) != ok {
			t.Errorf("%q, %v", text, err)
		}
	}
}
