package fairshare

import (
	"net"
	"net/http"
	"syscall"
)

// Line is the connection that a request came by, for who sends small pieces of an answer that stays open without ever
// waiting for its receiver. Such a sender says what came of each piece: of what is held, the least used gives way first.
type Line struct {
	raw   syscall.RawConn
	holds []*Hold
}

// link is what a request's context has of its connection.
type link struct {
	tcp  *net.TCPConn // nil: it is none
	hold *Hold        // nil: it is not counted
}

// exchangeKey is where a request's context has what the request itself is counted by.
type exchangeKey struct{}

// LineOf is that of a request; nil: what it came by is no TCP connection of a server that has ConnContext.
func LineOf(r *http.Request) *Line {
	link, known := r.Context().Value(connectionKey{}).(link)
	if !known || link.tcp == nil {
		return nil
	}
	raw, err := link.tcp.SyscallConn()
	if err != nil {
		return nil
	}
	line := &Line{raw: raw}
	if link.hold != nil {
		line.holds = append(line.holds, link.hold)
	}
	if hold, counted := r.Context().Value(exchangeKey{}).(*Hold); counted {
		line.holds = append(line.holds, hold)
	}
	return line
}

// Control calls f with the connection's descriptor, which does not block, unless it has been closed.
func (l *Line) Control(f func(fd uintptr)) error { return l.raw.Control(f) }

// Waits says that from now on the receiver takes nothing, Takes that it has taken a piece.
func (l *Line) Waits() {
	for _, hold := range l.holds {
		hold.Giving()
	}
}

// Takes: see Waits.
func (l *Line) Takes() {
	for _, hold := range l.holds {
		hold.Given(true)
	}
}
