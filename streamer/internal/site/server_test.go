package site

import (
	"bufio"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
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

func TestWhoSendsTooMuchGetsTheAnswerAndThenTheEnd(t *testing.T) {
	address := listen(t, openSite(t, nil))
	for status, request := range map[string]string{
		"413 Request Entity Too Large":        "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n",
		"413 Request Entity Too Large, ahead": "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n" + strings.Repeat("x", 10_000),
		"413 Request Entity Too Large, not waited": "POST /login HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n" +
			strings.Repeat("x", 10_000),
		"431 Request Header Fields Too Large": "GET / HTTP/1.1\r\nHost: localhost\r\nA: " + strings.Repeat("b", 30_000) + "\r\n\r\n",
	} {
		conn := dialFrom(t, address, "127.0.0.1")
		_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
		if _, err := io.WriteString(conn, request); err != nil {
			t.Error(status, err)
		}
		status, _, _ = strings.Cut(status, ",")
		if said, err := io.ReadAll(conn); err != nil || !strings.HasPrefix(string(said), "HTTP/1.1 "+status+"\r\n") {
			t.Errorf("%s: %q %v", status, said, err)
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

// dialFrom connects from an address of 127.0.0.0/8, each of which is another device.
func dialFrom(t *testing.T, address, from string) net.Conn {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}, Timeout: 20 * time.Second}
	conn, err := dialer.Dial("tcp4", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func TestFloodsLeaveOthersTheirs(t *testing.T) {
	const stranger, home, newcomer, proxy = "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.1"
	begun := "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 65000\r\n\r\n" + strings.Repeat("x", 60_000)
	for name, c := range map[string]struct{ from, sent string }{
		"headers that never end":                    {stranger, "GET / HTTP/1.1\r\nHost: loc"},
		"bodies that never end":                     {stranger, begun},
		"bodies that never end, by a proxy of here": {proxy, begun},
		"connections by a proxy of here":            {proxy, ""},
		"answers that nobody reads":                 {stranger, strings.Repeat("GET /api/large HTTP/1.1\r\nHost: localhost\r\n\r\n", 20)},
	} {
		t.Run(name, func(t *testing.T) {
			s := openSite(t, nil)
			large := make([]byte, 2<<20)
			s.Add(Route{Method: "GET", Path: "/api/large", Handle: func(w http.ResponseWriter, _ *Request) error {
				writeBody(w, http.StatusOK, "application/octet-stream", large)
				return nil
			}})
			address := listen(t, s)
			idle := dialFrom(t, address, home)
			read := bufio.NewReader(idle)
			const request = "GET /api/things HTTP/1.1\r\nHost: localhost\r\n\r\n"
			if answer, _ := send(t, idle, read, "GET", request); answer.StatusCode != http.StatusOK {
				t.Fatal(answer.Status)
			}
			var flood []net.Conn
			for range maxConnections + 100 {
				conn := dialFrom(t, address, c.from)
				if _, err := io.WriteString(conn, c.sent); err != nil && !isReset(err) {
					t.Fatal(err)
				}
				flood = append(flood, conn)
			}
			other := dialFrom(t, address, newcomer)
			for _, each := range []net.Conn{other, idle} {
				if answer, _ := send(t, each, bufio.NewReader(each), "GET", request); answer.StatusCode != http.StatusOK {
					t.Error(answer.Status)
				}
			}
			if open := stillOpen(flood); open > maxConnections {
				t.Errorf("%d of the flood are open", open)
			}
		})
	}
}

// isReset tells whether the other end had given way.
func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

func stillOpen(conns []net.Conn) (open int) {
	for _, conn := range conns {
		_ = conn.SetReadDeadline(time.Now().Add(time.Millisecond))
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			open++
		}
	}
	return open
}
