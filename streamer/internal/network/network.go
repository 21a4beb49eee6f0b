// Package network says which addresses count as one device in every limit, and which are this machine's alone. It imports nothing of the streamer.
// petcam/system/network.py is the same in Python; tests/network-cases.yaml holds both together.
package network

import "net/netip"

// Of is the network of a device: its IPv4 address alone, or the /64 of its IPv6 address, of which it can use all. It is
// invalid for what is no address.
func Of(address netip.Addr) netip.Prefix {
	address = address.Unmap().WithZone("")
	bits := 64
	if address.Is4() {
		bits = 32
	}
	prefix, _ := address.Prefix(bits)
	return prefix
}

// IsLoopback tells whether host leads nowhere but to this machine itself.
func IsLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback() || host == "localhost"
}
