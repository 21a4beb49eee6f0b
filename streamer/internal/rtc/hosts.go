package rtc

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"
)

// resolveInterval is how often extra host names are looked up again: their addresses may change.
const resolveInterval = time.Minute

// hosts knows the addresses at which viewers can reach the socket: the machine's own, which may change while we run,
// and the configured ones.
type hosts struct {
	bound    netip.Addr // of the socket; unspecified: all addresses of the machine
	fixed    []netip.Addr
	names    []string
	resolved atomic.Pointer[[]netip.Addr] // of names; resolveRegularly renews it
}

func newHosts(bound netip.Addr, extra []string) *hosts {
	h := &hosts{bound: bound}
	for _, host := range extra {
		if address, err := netip.ParseAddr(host); err == nil {
			h.fixed = append(h.fixed, address.Unmap())
		} else {
			h.names = append(h.names, host)
		}
	}
	h.resolved.Store(&[]netip.Addr{})
	return h
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
	var all []netip.Addr
	for _, name := range h.names {
		addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
		if err != nil {
			return // keep the addresses of the last lookup
		}
		for _, address := range addresses {
			all = append(all, address.Unmap())
		}
	}
	h.resolved.Store(&all)
}

// local lists the machine's own addresses on which the socket receives.
func (h *hosts) local() []netip.Addr {
	if !h.bound.IsUnspecified() {
		return []netip.Addr{h.bound}
	}
	return h.reachable(interfaceAddresses())
}

// all lists where viewers can reach the socket, the machine's own addresses first.
func (h *hosts) all() []netip.Addr {
	return unique(h.reachable(slices.Concat(h.local(), h.fixed, *h.resolved.Load())))
}

// reachable drops the addresses of a family that the socket does not receive; [::] receives both.
func (h *hosts) reachable(addresses []netip.Addr) []netip.Addr {
	both := h.bound.Is6() && h.bound.IsUnspecified()
	return slices.DeleteFunc(addresses, func(a netip.Addr) bool { return !both && a.Is6() != h.bound.Is6() })
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

func unique(addresses []netip.Addr) []netip.Addr {
	seen := make(map[netip.Addr]bool, len(addresses))
	return slices.DeleteFunc(addresses, func(a netip.Addr) bool {
		known := seen[a]
		seen[a] = true
		return known
	})
}
