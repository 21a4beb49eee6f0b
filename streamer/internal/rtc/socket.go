package rtc

import (
	"net"
	"net/netip"
	"strconv"

	"github.com/pion/ice/v4"
)

// socketBuffer is the bytes for the keyframe bursts of some ten viewers; the kernel's own limit may be lower.
const socketBuffer = 2 << 20

// mux shares the one UDP socket among all viewers; the user name in a STUN request tells whose first packet it is.
type mux struct {
	*ice.UDPMuxDefault
	batching *batchConn
	hosts    *hosts
	port     uint16
}

// listen opens the UDP socket. Its error names the address.
func listen(host string, port int, extra []string, log pionLog) (*mux, error) {
	address, err := net.ResolveUDPAddr("udp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return nil, err
	}
	conn, isOwnMachines, err := open(address)
	if err != nil {
		return nil, err
	}
	_ = conn.SetReadBuffer(socketBuffer)
	_ = conn.SetWriteBuffer(socketBuffer)
	batching := newBatchConn(conn)
	params := ice.UDPMuxParams{Logger: log.NewLogger("mux"), UDPConn: batching}
	local := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	hosts := newHosts(local, extra)
	if isOwnMachines {
		hosts = newHosts(netip.AddrPortFrom(address.AddrPort().Addr(), local.Port()), extra)
		hosts.ownMachine = true
	}
	return &mux{
		UDPMuxDefault: ice.NewUDPMuxDefault(params),
		batching:      batching,
		hosts:         hosts,
		port:          local.Port(),
	}, nil
}

// open opens the socket at an address; at one of the loopback that of the whole machine for itself, where there can be one.
func open(address *net.UDPAddr) (conn *net.UDPConn, isOwnMachines bool, err error) {
	if address.IP.IsLoopback() {
		if conn, err = listenToOwnMachine(address); err == nil {
			return conn, true, nil
		}
	}
	network := "udp"
	if address.IP.To4() != nil {
		network = "udp4" // "udp" would make 0.0.0.0 mean IPv6 too
	}
	conn, err = net.ListenUDP(network, address)
	return conn, false, err
}

// GetListenAddresses gives the ICE agents one address of each family. As all share one socket, more addresses would only
// cost each agent a goroutine and candidate pairs; withCandidates lists all of them in the answer.
func (m *mux) GetListenAddresses() []net.Addr {
	var local []net.Addr
	var have4, have6 bool
	for _, address := range m.hosts.local() {
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
