package fairshare

import (
	"log/slog"
	"net"
	"net/netip"
	"time"

	"petcam/streamer/internal/network"
)

// Bounds are those of a service to which strangers come by this machine too, as its proxies speak for many: all are counted.
// Half of each bound does not count for this machine itself.
type Bounds struct {
	Connections, ConnectionShare int64
	RequestBytes, RequestShare   int64
	BytesOfRequest               int64         // that each costs besides its body
	AnswerBytes                  int64         // of answers that nobody has taken yet, besides small pieces
	Unsent                       time.Duration // for a client that takes nothing
}

// Limit makes a Listener of these bounds. What it has given counts until its other end has taken all, also when it is closed.
func (b Bounds) Limit(listener net.Listener, log *slog.Logger) *Listener {
	return &Listener{
		Listener: listener, pool: newForAll(b.Connections, b.ConnectionShare), unsent: b.Unsent, ends: newEndings(), log: log,
	}
}

// Requests makes those of these bounds.
func (b Bounds) Requests() *Requests {
	return &Requests{
		pool: newForAll(b.RequestBytes, b.RequestShare), base: b.BytesOfRequest,
		answers: newForAll(b.AnswerBytes, 0), unsent: b.Unsent,
	}
}

func newForAll(limit, share int64) *Pool {
	p := New(limit, share)
	p.free = limit / 2
	return p
}

// ownMachine is what this machine counts as, by whatever address it comes.
func ownMachine() netip.Prefix { return netip.PrefixFrom(netip.IPv6Loopback(), 128) }

// placeOf is what an address counts as. A connection of this machine to one of its own addresses comes from that same address.
func placeOf(from netip.Addr, local net.Addr) netip.Prefix {
	own := from == netip.IPv6Loopback() || from == netip.AddrFrom4([4]byte{127, 0, 0, 1})
	if local != nil {
		at, err := netip.ParseAddrPort(local.String())
		own = own || err == nil && at.Addr().Unmap() == from
	}
	if own {
		return ownMachine()
	}
	return network.Of(from)
}
