// Package connlimit bounds how many connections strangers keep open: those that send nothing, or very slowly, must not take
// descriptors and memory from those that do.
package connlimit

import (
	"net"
	"net/netip"
	"sync"
)

// Listener turns away connections that are too many, of one address or of all together. Those of this machine itself
// are not counted: control and the web service come from there.
type Listener struct {
	net.Listener
	ofOne, ofAll int

	mu   sync.Mutex // guards what follows
	open map[netip.Addr]int
	all  int
}

// Limit puts a door before listener.
func Limit(listener net.Listener, ofOne, ofAll int) *Listener {
	return &Listener{Listener: listener, ofOne: ofOne, ofAll: ofAll, open: map[netip.Addr]int{}}
}

// Accept waits for a connection that may come in.
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
		if l.enter(from) {
			return &visitor{Conn: conn, leave: sync.OnceFunc(func() { l.leave(from) })}, nil
		}
		_ = conn.Close()
	}
}

func (l *Listener) enter(from netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open[from] >= l.ofOne || l.all >= l.ofAll {
		return false
	}
	l.open[from]++
	l.all++
	return true
}

func (l *Listener) leave(from netip.Addr) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all--
	if l.open[from]--; l.open[from] == 0 {
		delete(l.open, from)
	}
}

// visitor is a connection that is counted until it is closed.
type visitor struct {
	net.Conn
	leave func()
}

func (v *visitor) Close() error {
	v.leave()
	return v.Conn.Close()
}

func address(conn net.Conn) netip.Addr {
	from, _ := netip.ParseAddrPort(conn.RemoteAddr().String())
	return from.Addr().Unmap()
}
