package site

import (
	"bufio"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// listen serves a site as the service does.
func listen(t *testing.T, s http.Handler) string {
	t.Helper()
	server, log := httptest.NewUnstartedServer(nil), slog.New(slog.DiscardHandler)
	server.Config, server.Listener = NewServer(s, log), Limit(server.Listener, log)
	server.Start()
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// send writes a request and reads one answer.
func send(t *testing.T, conn net.Conn, read *bufio.Reader, method, request string) (*http.Response, string) {
	t.Helper()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(read, &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(answer.Body)
	return answer, string(body)
}

func TestAConnectionGoesOnBehindRefusals(t *testing.T) {
	conn, err := net.Dial("tcp", listen(t, openSite(t, nil)))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	read := bufio.NewReader(conn)
	body := strings.Repeat("x", 66<<10)
	for _, c := range []struct {
		method, request string
		status          int
	}{
		{"GET", "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n", 404},
		{"HEAD", "HEAD /static/a.js HTTP/1.1\r\nHost: localhost\r\n\r\n", 200},
		{"POST", "POST /api/nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: 67584\r\n\r\n" + body, 404},
		{"POST", "POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=b\r\n0\r\n\r\n", 200},
		{"GET", "GET /api/defect HTTP/1.1\r\nHost: localhost\r\n\r\n", 500},
		{"GET", "GET /api/things HTTP/1.1\r\nHost: localhost\r\n\r\n", 200},
	} {
		if answer, text := send(t, conn, read, c.method, c.request); answer.StatusCode != c.status || answer.Close {
			t.Errorf("%.40q: %d %v %q", c.request, answer.StatusCode, answer.Close, text)
		}
	}
}

func TestAStreamEndsWhenItsClientLeaves(t *testing.T) {
	s := openSite(t, nil)
	ended := make(chan error, 1)
	streams := NewStreams(40)
	s.Add(Route{Method: "GET", Path: "/api/open", Handle: func(w http.ResponseWriter, r *Request) error {
		ctx, release, err := streams.Open(r)
		if err != nil {
			return err
		}
		defer release()
		if err := BeginStream(w, "text/plain"); err != nil {
			return err
		}
		<-ctx.Done()
		ended <- ctx.Err()
		return nil
	}})
	conn, err := net.Dial("tcp", listen(t, s))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "GET /api/open HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil || answer.StatusCode != http.StatusOK || answer.Header.Get("X-Accel-Buffering") != "no" {
		t.Fatal(answer, err)
	}
	_ = conn.Close()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Error("it goes on")
	}
}
