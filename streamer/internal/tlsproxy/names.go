package tlsproxy

import (
	"net"
	"net/netip"
	"os"
	"regexp"
	"strings"
)

// Names are those of this machine on the local network: its host name, also below .local, its addresses, and more.
// Public IPv6 addresses are left out: they change often, and browsers would ask about a new certificate each time.
func Names(more []string) []string {
	names := []string{"localhost", "127.0.0.1", "::1"}
	if host, err := os.Hostname(); err == nil {
		short, _, _ := strings.Cut(host, ".")
		names = append(names, host, short, short+".local")
	}
	names = append(names, more...)
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
