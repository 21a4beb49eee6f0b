package site

import (
	"net"
	"net/netip"
	"strconv"
	"strings"

	"petcam/streamer/internal/network"
)

// AddressForOthers is where another device opens the page: the address by which the visitor came, or that of the LAN where
// that leads nobody else here. Empty: nobody can.
func (r *Request) AddressForOthers() string {
	scheme, port := "http://", ":80"
	if r.Secure {
		scheme, port = "https://", ":443"
	}
	if name := strings.TrimRight(hostName(r.Host), "."); network.IsLoopback(name) || strings.HasSuffix(name, ".localhost") {
		return r.site.lanURL()
	}
	return scheme + strings.TrimSuffix(r.Host, port) + r.Root + "/"
}

// lanURL has a slash at its end; it is empty where only this machine has the page.
func (s *Site) lanURL() string {
	web := s.Config.Web
	address := web.Host
	if address == "0.0.0.0" || address == "::" {
		ask := s.LANAddress
		if ask == nil {
			ask = LANAddress
		}
		address = ask()
	}
	if network.IsLoopback(address) {
		return ""
	}
	return "http://" + net.JoinHostPort(address, strconv.Itoa(web.Port)) + "/"
}

// LANAddress is this machine's address on its network, also on one without a router; the loopback address where it has none.
func LANAddress() string {
	// This sends nothing: a datagram socket only chooses its own address.
	if probe, err := net.Dial("udp4", "192.0.2.1:9"); err == nil {
		defer probe.Close()
		if own, err := netip.ParseAddrPort(probe.LocalAddr().String()); err == nil {
			return own.Addr().String()
		}
	}
	all, _ := net.InterfaceAddrs()
	for _, each := range all {
		if prefix, err := netip.ParsePrefix(each.String()); err == nil && prefix.Addr().Is4() && !prefix.Addr().IsLoopback() {
			return prefix.Addr().String()
		}
	}
	return "127.0.0.1"
}
