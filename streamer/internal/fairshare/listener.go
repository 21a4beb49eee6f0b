package fairshare

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/network"
)

// What the kernel holds for a connection is memory of the service too, twice these bytes; 64 KiB are in flight at most,
// which is 10 Mbit/s to somebody 50 ms away.
const (
	receiveBuffer = 16 << 10
	sendBuffer    = 64 << 10
	// unsentTimeout ends a connection whose other end takes nothing, also one that we have closed.
	unsentTimeout = 30 * time.Second
	// crowdedPause is between two connections while others give way to them: there is time to serve those that came
	// before, and a newcomer has at least half the bound times this for its request.
	crowdedPause = time.Millisecond
)

// Listener bounds connections: see Limit and Bounds.
type Listener struct {
	net.Listener
	pool   *Pool
	unsent time.Duration // how long the other end may take nothing, also of a connection that we have closed
	ends   *endings      // nil: those of this machine are not counted, and none is from when it is closed
	log    *slog.Logger
}

// Limit makes a Listener of max connections of other machines; see New for share. Those of this machine are not counted:
// control and the web service come from there.
func Limit(listener net.Listener, max, share int64, log *slog.Logger) *Listener {
	return &Listener{Listener: listener, pool: New(max, share), unsent: unsentTimeout, log: log}
}

// Accept waits for a connection. Where no descriptor is left for it, an old connection gives way.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		switch from := address(conn); {
		case err == nil && l.ends == nil && from.IsLoopback():
			return conn, nil
		case err == nil && l.ends != nil:
			return l.count(conn, placeOf(from, conn.LocalAddr())), nil
		case err == nil:
			return l.count(conn, network.Of(from)), nil
		case !errors.Is(err, syscall.EMFILE) && !errors.Is(err, syscall.ENFILE):
			return nil, err
		}
		l.log.Warn("no file descriptor is left for a new connection; an old one is closed", "error", err)
		if !l.pool.GiveWay() {
			return nil, err // net/http waits before it tries again
		}
	}
}

// Close also ends the connections that were closed and that somebody has yet to read.
func (l *Listener) Close() error {
	err := l.Listener.Close()
	if l.ends != nil {
		l.ends.close()
	}
	return err
}

func (l *Listener) count(conn net.Conn, from netip.Prefix) net.Conn {
	bound(conn, l.unsent)
	if l.pool.Full() {
		time.Sleep(crowdedPause)
	}
	c := &countedConn{Conn: conn, ends: l.ends}
	c.hold = l.pool.add(from, 1, c.giveWay)
	return c
}

// bound bounds what the kernel holds. What cannot be set is as the system has it.
func bound(conn net.Conn, unsent time.Duration) {
	tcp, is := conn.(*net.TCPConn)
	if !is {
		return
	}
	_ = tcp.SetReadBuffer(receiveBuffer)
	_ = tcp.SetWriteBuffer(sendBuffer)
	if raw, err := tcp.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) {
			_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(unsent.Milliseconds()))
		})
	}
}

// countedConn is a connection that is counted until it is closed.
type countedConn struct {
	net.Conn
	hold *Hold
	ends *endings // nil: it is no longer counted once it is closed
}

func (c *countedConn) Write(piece []byte) (int, error) {
	c.hold.Giving()
	n, err := c.Conn.Write(piece)
	c.hold.Given(n > 0)
	return n, err
}

// CloseWrite is for net/http, which so ends a connection whose client still sends: else the kernel would drop the answer that
// is on its way.
func (c *countedConn) CloseWrite() error {
	if tcp, is := c.Conn.(*net.TCPConn); is {
		return tcp.CloseWrite()
	}
	return errors.ErrUnsupported
}

func (c *countedConn) Close() error {
	if c.ends != nil && c.ends.take(c) {
		return nil
	}
	return c.end()
}

func (c *countedConn) end() error {
	c.hold.Release()
	return c.Conn.Close()
}

// giveWay closes the connection; the kernel keeps nothing of it.
func (c *countedConn) giveWay() {
	if tcp, is := c.Conn.(*net.TCPConn); is {
		_ = tcp.SetLinger(0)
	}
	_ = c.Conn.Close()
}

// connectionKey is where a request's context has its connection.
type connectionKey struct{}

// ConnContext is for http.Server: by it Requests.Handler tells a Listener that a connection has a request, and a request's
// Line is found. One over TLS has none.
func ConnContext(ctx context.Context, conn net.Conn) context.Context {
	var found link
	_, isSecure := conn.(*tls.Conn)
	if around, is := conn.(interface{ NetConn() net.Conn }); is {
		conn = around.NetConn()
	}
	if counted, is := conn.(*countedConn); is {
		found.hold, conn = counted.hold, counted.Conn
	}
	if !isSecure {
		found.tcp, _ = conn.(*net.TCPConn)
	}
	return context.WithValue(ctx, connectionKey{}, found)
}

// address is where a connection comes from; invalid where there is none.
func address(conn net.Conn) netip.Addr {
	if conn == nil {
		return netip.Addr{}
	}
	from, _ := netip.ParseAddrPort(conn.RemoteAddr().String())
	return from.Addr().Unmap()
}
