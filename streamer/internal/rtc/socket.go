package rtc

import (
	"net"
	"net/netip"
	"strconv"

	"github.com/pion/ice/v4"
)

// socketBuffer holds the keyframe bursts of some ten viewers; the kernel gives less where it is told to.
const socketBuffer = 2 << 20

// mux shares the one UDP socket among all viewers; a viewer's first packet is told by the name in its STUN request.
type mux struct {
	*ice.UDPMuxDefault
	outbox *outbox
	hosts  *hosts
	port   uint16
}

// listen opens the UDP socket. Its error names the address.
func listen(host string, port int, extra []string, log pionLog) (*mux, error) {
	address, err := net.ResolveUDPAddr("udp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	network := "udp"
	if address.IP.To4() != nil {
		network = "udp4" // "udp" would make 0.0.0.0 mean IPv6 too
	}
	conn, err := net.ListenUDP(network, address)
	if err != nil {
		return nil, err
	}
	_ = conn.SetReadBuffer(socketBuffer)
	_ = conn.SetWriteBuffer(socketBuffer)
	outbox := newOutbox(conn)
	params := ice.UDPMuxParams{Logger: log.NewLogger("mux"), UDPConn: outbox}
	local := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	return &mux{
		UDPMuxDefault: ice.NewUDPMuxDefault(params),
		outbox:        outbox,
		hosts:         newHosts(local.Addr().Unmap(), extra),
		port:          local.Port(),
	}, nil
}

// GetListenAddresses gives the agents one address of each family. They all share one socket, so an agent gains
// nothing by more of them and would keep a goroutine and a set of pairs for each; withCandidates lists them all.
func (m *mux) GetListenAddresses() []net.Addr {
	var local []net.Addr
	var have4, have6 bool
	for _, address := range m.hosts.own() {
		seen := &have4
		if address.Is6() {
			seen = &have6
		}
		if !*seen {
			*seen = true
			local = append(local, net.UDPAddrFromAddrPort(netip.AddrPortFrom(address, m.port)))
		}
	}
	return local
}
