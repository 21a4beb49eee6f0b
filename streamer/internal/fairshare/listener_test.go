package fairshare

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fakeListener is a listener to which the test sends connections.
type fakeListener struct {
	conns chan net.Conn
	fails chan error
}

func newFakeListener() fakeListener {
	return fakeListener{make(chan net.Conn, 10), make(chan error, 10)}
}

func (s fakeListener) Accept() (net.Conn, error) {
	select {
	case err := <-s.fails:
		return nil, err
	default:
	}
	select {
	case conn := <-s.conns:
		return conn, nil
	case err := <-s.fails:
		return nil, err
	}
}
func (s fakeListener) Close() error   { s.fails <- net.ErrClosed; return nil }
func (s fakeListener) Addr() net.Addr { return &net.TCPAddr{} }

// fakeConn is one end of a pipe that says where it comes from.
type fakeConn struct {
	net.Conn
	from string
}

func (c fakeConn) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.from))
}

// connect lets a connection come; its other end is given back.
func (s fakeListener) connect(from string) net.Conn {
	near, far := net.Pipe()
	s.conns <- fakeConn{near, from}
	return far
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func accept(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// expectClosed waits until the other side has closed a connection.
func expectClosed(t *testing.T, far net.Conn) {
	t.Helper()
	_ = far.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := io.Copy(io.Discard, far); errors.Is(err, context.DeadlineExceeded) {
		t.Error("a connection that had to give way is open")
	}
}

func TestOldConnectionsGiveWayExceptThoseOfThisMachine(t *testing.T) {
	s := newFakeListener()
	l := Limit(s, 3, 1, quiet())
	var own []net.Conn
	for _, from := range []string{"127.0.0.1:2", "127.0.0.1:3", "[::1]:4", "[::ffff:127.0.0.1]:5"} {
		s.connect(from)
		own = append(own, accept(t, l))
	}
	oldest := s.connect("192.0.2.1:1")
	accept(t, l)
	for _, from := range []string{"192.0.2.2:1", "[2001:db8::1]:1", "192.0.2.3:1"} {
		s.connect(from)
		accept(t, l)
	}
	expectClosed(t, oldest)
	for _, conn := range own {
		_ = conn.SetReadDeadline(time.Now())
		if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", conn.RemoteAddr(), err)
		}
	}
}

func TestClosedConnectionsAreNoLongerCounted(t *testing.T) {
	s := newFakeListener()
	l := Limit(s, 3, 1, quiet())
	for range 100 {
		s.connect("192.0.2.1:1")
		conn := accept(t, l)
		for range 2 { // closing twice counts once
			_ = conn.Close()
		}
	}
	if l.pool.total != 0 || len(l.pool.perNetwork) != 0 {
		t.Errorf("%d connections, %v", l.pool.total, l.pool.perNetwork)
	}
	_ = s.Close()
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

func TestWithoutDescriptorsAnOldConnectionGivesWayAndTheLogSaysSo(t *testing.T) {
	var log strings.Builder
	s := newFakeListener()
	l := Limit(s, 10, 1, slog.New(slog.NewTextHandler(&log, nil)))
	idle := s.connect("192.0.2.1:1")
	accept(t, l)
	s.fails <- syscall.EMFILE
	s.connect("192.0.2.2:1")
	accept(t, l)
	expectClosed(t, idle)
	if strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), "descriptor") {
		t.Errorf("the log says %q", &log)
	}
	l.pool.GiveWay()
	s.fails <- syscall.EMFILE
	if _, err := l.Accept(); !errors.Is(err, syscall.EMFILE) {
		t.Errorf("with nothing to close: %v", err)
	}
}

// serve serves a handler on a listener until the test ends.
func serve(t *testing.T, l net.Listener, handler http.Handler) {
	t.Helper()
	server := &http.Server{Handler: handler, ConnContext: ConnContext, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close(); <-ended })
}

// ask sends a request and reads the first line of the answer.
func ask(t *testing.T, conn net.Conn, request string) string {
	t.Helper()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	line := make([]byte, len("HTTP/1.1 200 OK"))
	if _, err := io.WriteString(conn, request); err != nil {
		return err.Error()
	}
	if _, err := io.ReadFull(conn, line); err != nil {
		return err.Error()
	}
	return string(line)
}

const getRequest, ok = "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK"

func TestHonestDeviceIsServedInTheMidstOfAFloodFromItsOwnNetwork(t *testing.T) {
	s := newFakeListener()
	l := Limit(s, 20, 4, quiet())
	serve(t, l, NewRequests(1<<20, 1<<20, 1).Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "hello")
	})))
	for n := range 10 {
		for i := range 8 {
			far := s.connect(fmt.Sprintf("[2001:db8::%x]:1", n*100+i))
			go func() { _, _ = io.WriteString(far, "GET / HTTP/1.1\r\nX-Slow: ") }()
		}
		if got := ask(t, s.connect("[2001:db8::ffff]:1"), getRequest); got != ok {
			t.Fatalf("round %d: %s", n, got)
		}
	}
}
