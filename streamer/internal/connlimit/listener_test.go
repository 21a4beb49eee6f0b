package connlimit

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"
)

// fakeListener is a listener to which the test sends connections.
type fakeListener chan net.Conn

func (s fakeListener) Accept() (net.Conn, error) {
	conn, more := <-s
	if !more {
		return nil, net.ErrClosed
	}
	return conn, nil
}
func (s fakeListener) Close() error   { close(s); return nil }
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
	s <- fakeConn{near, from}
	return far
}

func accept(t *testing.T, l *Listener) net.Conn {
	t.Helper()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

func expectClosed(t *testing.T, s fakeListener, l *Listener, from string) {
	t.Helper()
	far := s.connect(from)
	s.connect("127.0.0.1:1") // which is always accepted
	if local := accept(t, l); local.RemoteAddr().String() != "127.0.0.1:1" {
		t.Fatalf("%s was accepted", from)
	}
	if _, err := far.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("%s was not closed: %v", from, err)
	}
}

func TestConnectionsOfOneAddressAreBounded(t *testing.T) {
	s := make(fakeListener, 10)
	l := Limit(s, 2, 100)
	s.connect("192.0.2.1:1")
	first := accept(t, l)
	s.connect("[::ffff:192.0.2.1]:2")
	accept(t, l)
	expectClosed(t, s, l, "192.0.2.1:3")
	s.connect("192.0.2.2:1")
	accept(t, l)
	for range 2 { // closing twice counts once
		_ = first.Close()
	}
	s.connect("192.0.2.1:4")
	accept(t, l)
	expectClosed(t, s, l, "192.0.2.1:5")
}

func TestAllConnectionsAreBoundedExceptThoseOfThisMachine(t *testing.T) {
	s := make(fakeListener, 10)
	l := Limit(s, 2, 3)
	for _, from := range []string{"192.0.2.1:1", "192.0.2.2:1", "[2001:db8::1]:1"} {
		s.connect(from)
		accept(t, l)
	}
	for _, from := range []string{"127.0.0.1:2", "127.0.0.1:3", "[::1]:4", "[::ffff:127.0.0.1]:5"} {
		s.connect(from)
		accept(t, l)
	}
	expectClosed(t, s, l, "192.0.2.3:1")
}

func TestClosedConnectionsAreNoLongerCounted(t *testing.T) {
	s := make(fakeListener, 10)
	l := Limit(s, 2, 3)
	for range 100 {
		s.connect("192.0.2.1:1")
		_ = accept(t, l).Close()
	}
	if l.total != 0 || len(l.open) != 0 {
		t.Errorf("%d connections, %v", l.total, l.open)
	}
	close(s)
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}
