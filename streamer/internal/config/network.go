package config

import (
	"net/netip"
	"strings"
)

// Network reads an address or a network; an address alone is a network of one. Zones are none.
func Network(text string) (netip.Prefix, error) {
	if strings.Contains(text, "/") {
		return netip.ParsePrefix(text)
	}
	address, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	return address.WithZone("").Prefix(address.BitLen())
}

func isNetwork(text string) bool {
	_, err := Network(text)
	return err == nil && !strings.Contains(text, "%")
}
