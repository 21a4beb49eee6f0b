package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"syscall"

	"petcam/streamer/internal/fairshare"
)

// maxConnections is what other machines keep open on a port; a network with at most connectionShare is not looked at by
// itself when one must give way. A browser opens up to six to a host.
const maxConnections, connectionShare = 128, 16

// openPort opens the TCP port of a configuration key, with a limit of connections.
func openPort(key, host string, port int, log *slog.Logger) (net.Listener, error) {
	listener, err := listen(host, port)
	if err != nil {
		return nil, portError(key, "TCP", host, port, err)
	}
	return fairshare.Limit(listener, maxConnections, connectionShare, log), nil
}

// listen opens the TCP port. "tcp" would make 0.0.0.0 mean IPv6 too.
func listen(host string, port int) (net.Listener, error) {
	network := "tcp"
	if address := net.ParseIP(host); address != nil && address.To4() != nil {
		network = "tcp4"
	}
	return net.Listen(network, net.JoinHostPort(host, strconv.Itoa(port)))
}

// portError is one line that names the key to change.
func portError(key, kind, host string, port int, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return unavailable{fmt.Sprintf("%s: %s port %d on %s is taken by another program; end that or choose another port", key, kind, port, host)}
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.As(err, new(*net.DNSError)):
		return unavailable{fmt.Sprintf("%s: %s is not an address of this machine", hostKey(key), host)}
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%s: %s port %d needs more rights; choose one above 1023", key, kind, port)
	}
	return fmt.Errorf("%s: %s port %d on %s cannot be opened: %w", key, kind, port, host, err)
}

// hostKey is the key of the address on which the port of a key is opened.
func hostKey(portKey string) string {
	if strings.HasPrefix(portKey, "web.") {
		return "web.host"
	}
	return "streamer.host"
}

// unavailable is why a port cannot be opened where time may mend that: the program that has it ends, DHCP or a VPN
// brings the address, a name server the name.
type unavailable struct{ message string }

func (u unavailable) Error() string { return u.message }
