package connlimit

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"testing"
)

// street is a listener to which the test sends connections.
type street chan net.Conn

func (s street) Accept() (net.Conn, error) {
	conn, more := <-s
	if !more {
		return nil, net.ErrClosed
	}
	return conn, nil
}
func (s street) Close() error   { close(s); return nil }
func (s street) Addr() net.Addr { return &net.TCPAddr{} }

// caller is one end of a pipe that says where it comes from.
type caller struct {
	net.Conn
	from string
}

func (c caller) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.from))
}

// come lets a connection come; its other end is given back.
func (s street) come(from string) net.Conn {
	near, far := net.Pipe()
	s <- caller{near, from}
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

func expectTurnedAway(t *testing.T, s street, l *Listener, from string) {
	t.Helper()
	far := s.come(from)
	s.come("127.0.0.1:1") // who is always let in
	if local := accept(t, l); local.RemoteAddr().String() != "127.0.0.1:1" {
		t.Fatalf("%s was let in", from)
	}
	if _, err := far.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("%s was not closed: %v", from, err)
	}
}

func TestOneAddressHasSoManyConnectionsAndNoMore(t *testing.T) {
	s := make(street, 10)
	l := Limit(s, 2, 100)
	s.come("192.0.2.1:1")
	first := accept(t, l)
	s.come("[::ffff:192.0.2.1]:2")
	accept(t, l)
	expectTurnedAway(t, s, l, "192.0.2.1:3")
	s.come("192.0.2.2:1")
	accept(t, l)
	for range 2 { // closing twice frees one place
		_ = first.Close()
	}
	s.come("192.0.2.1:4")
	accept(t, l)
	expectTurnedAway(t, s, l, "192.0.2.1:5")
}

func TestAllTogetherHaveSoManyConnectionsExceptThisMachinesOwn(t *testing.T) {
	s := make(street, 10)
	l := Limit(s, 2, 3)
	for _, from := range []string{"192.0.2.1:1", "192.0.2.2:1", "[2001:db8::1]:1"} {
		s.come(from)
		accept(t, l)
	}
	for _, from := range []string{"127.0.0.1:2", "127.0.0.1:3", "[::1]:4", "[::ffff:127.0.0.1]:5"} {
		s.come(from)
		accept(t, l)
	}
	expectTurnedAway(t, s, l, "192.0.2.3:1")
}

func TestNothingIsKeptOfConnectionsThatAreClosed(t *testing.T) {
	s := make(street, 10)
	l := Limit(s, 2, 3)
	for range 100 {
		s.come("192.0.2.1:1")
		_ = accept(t, l).Close()
	}
	if l.all != 0 || len(l.open) != 0 {
		t.Errorf("%d connections, %v", l.all, l.open)
	}
	close(s)
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}
