package fairshare

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// tcpPair are both ends of a connection.
func tcpPair(t *testing.T) (near, far net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if far, err = net.Dial("tcp", listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if near, err = listener.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = near.Close(); _ = far.Close() })
	return near, far
}

// on is a request that came by a connection.
func on(conn net.Conn) *http.Request {
	return (&http.Request{}).WithContext(ConnContext(context.Background(), conn))
}

func TestALineIsThatOfTheRequestsConnection(t *testing.T) {
	near, far := tcpPair(t)
	counted := &countedConn{Conn: near, hold: New(1, 1).Add(netip.Addr{}, 1, func() {})}
	for _, conn := range []net.Conn{near, counted} {
		err := LineOf(on(conn)).Control(func(fd uintptr) { _, _ = unix.Write(int(fd), []byte("x")) })
		if n, readErr := far.Read(make([]byte, 2)); err != nil || readErr != nil || n != 1 {
			t.Error(err, readErr, n)
		}
	}
	for name, r := range map[string]*http.Request{
		"TLS": on(tls.Server(near, nil)), "a server without ConnContext": {}, "what is no TCP": on(&net.UnixConn{}),
	} {
		if LineOf(r) != nil {
			t.Error(name, "has one")
		}
	}
	_ = near.Close()
	if LineOf(on(near)).Control(func(uintptr) { t.Error("it was closed") }) == nil {
		t.Error("no error")
	}
}

func TestWhatALineSaysCountsForTheConnectionAndTheRequest(t *testing.T) {
	near, _ := tcpPair(t)
	pool := newTestPool(10, 10)
	now := time.Now()
	pool.now = func() time.Time { return now }
	conn, request := pool.hold("connection", "192.0.2.1"), pool.hold("request", "192.0.2.1")
	r := on(&countedConn{Conn: near, hold: conn})
	line := LineOf(r.WithContext(context.WithValue(r.Context(), exchangeKey{}, request)))
	line.Waits()
	now = now.Add(blockedAfter)
	other := pool.hold("other", "192.0.2.1")
	for _, hold := range []*Hold{conn, request} {
		if !hold.isBlocked(pool.time()) || hold.latest.Load() > other.latest.Load() {
			t.Error("it takes nothing, and does not count as blocked")
		}
	}
	line.Takes()
	for _, hold := range []*Hold{conn, request} {
		if hold.isBlocked(pool.time()) || hold.latest.Load() < other.latest.Load() {
			t.Error("it has taken a piece, and is not the last of use")
		}
	}
}
