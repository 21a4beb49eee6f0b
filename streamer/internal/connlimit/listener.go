// Package connlimit bounds how many connections other machines keep open: clients that send nothing, or very slowly,
// must not use up the descriptors and memory for the others. It imports nothing of the streamer.
package connlimit

import (
	"net"
	"net/netip"
	"sync"
)

// Listener closes connections above a maximum, of one address or of all together. Those from this machine itself are not
// counted: control and the web service come from there.
type Listener struct {
	net.Listener
	maxPerAddress, maxTotal int

	mu    sync.Mutex // guards what follows
	open  map[netip.Addr]int
	total int
}

// Limit makes a Listener with these maxima.
func Limit(listener net.Listener, maxPerAddress, maxTotal int) *Listener {
	return &Listener{Listener: listener, maxPerAddress: maxPerAddress, maxTotal: maxTotal, open: map[netip.Addr]int{}}
}

// Accept waits for a connection that is not too many.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		from := address(conn)
		if from.IsLoopback() {
			return conn, nil
		}
		if l.acquire(from) {
			return &countedConn{Conn: conn, release: sync.OnceFunc(func() { l.release(from) })}, nil
		}
		_ = conn.Close()
	}
}

func (l *Listener) acquire(from netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[from] >= l.maxPerAddress || l.total >= l.maxTotal {
		return false
	}
	l.open[from]++
	l.total++
	return true
}

func (l *Listener) release(from netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total--
	if l.open[from]--; l.open[from] == 0 {
		delete(l.open, from)
	}
}

// countedConn is a connection that is counted until it is closed.
type countedConn struct {
	net.Conn
	release func()
}

func (v *countedConn) Close() error {
	v.release()
	return v.Conn.Close()
}

func address(conn net.Conn) netip.Addr {
	from, _ := netip.ParseAddrPort(conn.RemoteAddr().String())
	return from.Addr().Unmap()
}
