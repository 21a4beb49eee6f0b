package rtc

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync/atomic"
	"time"
)

// resolveInterval is how often extra host names are looked up again: their addresses may change.
const resolveInterval = time.Minute

// hosts knows the addresses at which viewers can reach the socket: the machine's own, which may change while we run,
// and the configured ones.
type hosts struct {
	bound      netip.Addr // of the socket; unspecified: all addresses of the machine
	ownMachine bool       // bound is a loopback address, and the machine itself reaches the socket at its other addresses too
	port       uint16     // of the socket
	fixed      []netip.AddrPort
	names      []name
	resolved   atomic.Pointer[[]netip.AddrPort] // of names; resolveRegularly renews it
}

// name is a host name under which viewers reach the socket at this port.
type name struct {
	host string
	port uint16
}

// newHosts takes further hosts, each an address or a name, with ":port" where a router or a NAT has given the socket
// another port outside; an IPv6 address then has brackets.
func newHosts(bound netip.AddrPort, extra []string) *hosts {
	h := &hosts{bound: bound.Addr().Unmap(), port: bound.Port()}
	for _, each := range extra {
		host, port := h.split(each)
		if address, err := netip.ParseAddr(host); err == nil {
			h.fixed = append(h.fixed, netip.AddrPortFrom(address.Unmap(), port))
		} else {
			h.names = append(h.names, name{host, port})
		}
	}
	h.resolved.Store(&[]netip.AddrPort{})
	return h
}

func (h *hosts) split(extra string) (host string, port uint16) {
	host, digits, err := net.SplitHostPort(extra)
	if err != nil {
		return extra, h.port
	}
	number, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || number == 0 {
		return extra, h.port
	}
	return host, uint16(number)
}

// resolveRegularly looks the names up until ctx ends, so that no answer waits for a name server.
func (h *hosts) resolveRegularly(ctx context.Context) {
	if len(h.names) == 0 {
		return
	}
	ticker := time.NewTicker(resolveInterval)
	defer ticker.Stop()
	for {
		h.resolve(ctx)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

func (h *hosts) resolve(ctx context.Context) {
	var all []netip.AddrPort
	for _, name := range h.names {
		addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name.host)
		if err != nil {
			return // keep the addresses of the last lookup
		}
		for _, address := range addresses {
			all = append(all, netip.AddrPortFrom(address.Unmap(), name.port))
		}
	}
	h.resolved.Store(&all)
}

// local lists the machine's own addresses on which the socket receives.
func (h *hosts) local() []netip.Addr {
	if !h.bound.IsUnspecified() && !h.ownMachine {
		return []netip.Addr{h.bound}
	}
	found := slices.DeleteFunc(interfaceAddresses(), h.isOutOfReach)
	if h.ownMachine && !slices.Contains(found, h.bound) {
		found = slices.Insert(found, 0, h.bound)
	}
	return found
}

// all lists where viewers can reach the socket, the machine's own addresses first.
func (h *hosts) all() (found []netip.AddrPort) {
	for _, address := range h.local() {
		found = append(found, netip.AddrPortFrom(address, h.port))
	}
	for _, extra := range slices.Concat(h.fixed, *h.resolved.Load()) {
		if !h.isOutOfReach(extra.Addr()) && !slices.Contains(found, extra) {
			found = append(found, extra)
		}
	}
	return found
}

// isOutOfReach says whether an address is of a family that the socket does not receive; [::] receives both.
func (h *hosts) isOutOfReach(address netip.Addr) bool {
	both := h.bound.Is6() && h.bound.IsUnspecified()
	return !both && address.Is6() != h.bound.Is6()
}

// interfaceAddresses are the addresses of all interfaces that are up; those of the loopback only where there is no
// other.
func interfaceAddresses() (found []netip.Addr) {
	var loopback []netip.Addr
	interfaces, _ := net.Interfaces()
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 {
			continue
		}
		networks, _ := i.Addrs()
		for _, network := range networks {
			prefix, err := netip.ParsePrefix(network.String())
			switch address := prefix.Addr().Unmap(); {
			case err != nil:
			case address.IsLoopback():
				loopback = append(loopback, address)
			case address.Is6() && address.IsLinkLocalUnicast(): // needs a zone, which only the viewer knows
			default:
				found = append(found, address)
			}
		}
	}
	if len(found) == 0 {
		return loopback
	}
	return found
}
