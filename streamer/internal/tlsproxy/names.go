package tlsproxy

import (
	"net"
	"net/netip"
	"regexp"
	"strings"
)

// Names are those that a certificate of this machine's is for: those that it is known by, and its addresses. Its public
// IPv6 addresses are left out: they change all the time, and browsers would ask again each time.
func Names(known []string) []string {
	names := append([]string{"localhost", "127.0.0.1", "::1"}, known...)
	networks, _ := net.InterfaceAddrs()
	for _, network := range networks {
		prefix, err := netip.ParsePrefix(network.String())
		if address := prefix.Addr().Unmap(); err == nil && isStable(address) {
			names = append(names, address.String())
		}
	}
	return usable(names)
}

func isStable(address netip.Addr) bool {
	return !address.IsLoopback() && !address.IsLinkLocalUnicast() && (address.Is4() || address.IsPrivate())
}

// usable drops what cannot be written into a certificate or verified by it.
func usable(names []string) (good []string) {
	plain := regexp.MustCompile(`^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*$`)
	for _, name := range names {
		name = strings.ToLower(name)
		if net.ParseIP(name) != nil || plain.MatchString(name) && len(name) < 254 {
			good = append(good, name)
		}
	}
	return good
}
