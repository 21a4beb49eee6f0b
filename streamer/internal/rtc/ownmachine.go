package rtc

import (
	"context"
	"errors"
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// interfaceOfPacket is where a socket filter finds the number of the interface by which a packet came: it is
// SKF_AD_OFF + SKF_AD_IFINDEX of linux/filter.h.
const interfaceOfPacket = 0xfffff000 + 8

// listenToOwnMachine opens a UDP socket that this machine reaches at all of its addresses of the loopback address's
// family, and no other machine at any: a filter in the kernel drops what did not come by the loopback interface, as
// what a machine sends to itself does whatever the address. Firefox sends nothing to 127.0.0.1, but to the machine's
// address in the network.
//
// It fails where the kernel refuses that, and where another program has the port at one of these addresses.
func listenToOwnMachine(loopback *net.UDPAddr) (*net.UDPConn, error) {
	network, everywhere := "udp6", net.UDPAddr{IP: net.IPv6unspecified, Port: loopback.Port}
	if loopback.IP.To4() != nil {
		network, everywhere.IP = "udp4", net.IPv4zero
	}
	number, err := loopbackInterface()
	if err != nil {
		return nil, err
	}
	config := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) (err error) {
		// Before it is bound, so that nothing comes in unfiltered.
		controlled := raw.Control(func(fd uintptr) { err = takeOnlyFrom(int(fd), number) })
		return errors.Join(controlled, err)
	}}
	conn, err := config.ListenPacket(context.Background(), network, everywhere.String())
	if err != nil {
		return nil, err
	}
	return conn.(*net.UDPConn), nil
}

// takeOnlyFrom has the kernel drop all of a socket's packets that did not come by the interface.
func takeOnlyFrom(fd int, number uint32) error {
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: interfaceOfPacket},
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: number},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0xffffffff}, // all of it
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &program)
}

func loopbackInterface() (number uint32, err error) {
	interfaces, err := net.Interfaces()
	for _, i := range interfaces {
		if i.Flags&net.FlagLoopback != 0 && i.Flags&net.FlagUp != 0 {
			return uint32(i.Index), nil
		}
	}
	return 0, errors.Join(err, errors.New("there is no loopback interface"))
}
