package main

import (
	"net"
	"time"
)

// heldPort is a port that stays taken when it is closed, until it is freed: whoever then gets it finds the state written.
type heldPort struct{ net.Listener }

// holdPort opens the port of web.port.
func holdPort(host string, port int) (heldPort, error) {
	listener, err := listen(host, port)
	if err != nil {
		return heldPort{}, portError("web.port", "TCP", host, port, err)
	}
	return heldPort{listener}, nil
}

// Close has nothing accepted any more.
func (p heldPort) Close() error {
	return p.Listener.(*net.TCPListener).SetDeadline(time.Unix(1, 0))
}

// free gives the port up.
func (p heldPort) free() { _ = p.Listener.Close() }
