// Command lossyrelay is a bad network for tests and benchmarks: a UDP relay that loses packets and delays each by its
// own time, so that they overtake each other. It prints its port, and ends when its input does.
package main

import (
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// network is the loss and the jitter of packets.
type network struct {
	loss   float64 // of 1
	jitter time.Duration

	mu     sync.Mutex // guards random
	random *rand.Rand
}

// next tells whether the next packet is lost, and else how much later it arrives.
func (w *network) next() (delay time.Duration, lost bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Duration(w.random.Float64() * float64(w.jitter)), w.random.Float64() < w.loss
}

// forward passes what comes from one socket on, in its time, until that socket is closed.
func (w *network) forward(from *net.UDPConn, packet func(data []byte, from netip.AddrPort)) {
	for {
		buffer := make([]byte, 2048)
		n, address, err := from.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return
		}
		switch delay, lost := w.next(); {
		case lost:
		case delay == 0:
			packet(buffer[:n], address)
		default:
			time.AfterFunc(delay, func() { packet(buffer[:n], address) })
		}
	}
}

// relay has a socket to the server for each client, like a NAT.
type relay struct {
	network    *network
	clientSide *net.UDPConn
	server     *net.UDPAddr

	mu          sync.Mutex // guards serverSides
	serverSides map[netip.AddrPort]*net.UDPConn
}

// serverSide is the client's socket to the server.
func (r *relay) serverSide(client netip.AddrPort) (*net.UDPConn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if back := r.serverSides[client]; back != nil {
		return back, nil
	}
	back, err := net.DialUDP("udp4", nil, r.server)
	if err != nil {
		return nil, err
	}
	r.serverSides[client] = back
	go r.network.forward(back, func(data []byte, _ netip.AddrPort) { _, _ = r.clientSide.WriteToUDPAddrPort(data, client) })
	return back, nil
}

// toServer passes a client's packet on.
func (r *relay) toServer(data []byte, client netip.AddrPort) {
	if back, err := r.serverSide(client); err == nil {
		_, _ = back.Write(data)
	}
}

func run() error {
	to := flag.String("to", "", "`HOST:PORT` of the server")
	loss := flag.Float64("loss", 0, "percent of the packets that are lost, each way")
	jitter := flag.Duration("jitter", 0, "packets are delayed by up to this, each way")
	seed := flag.Uint64("seed", 1, "of the random numbers")
	flag.Parse()
	server, err := net.ResolveUDPAddr("udp4", *to)
	if err != nil {
		return err
	}
	listener, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return err
	}
	conditions := &network{loss: *loss / 100, jitter: *jitter, random: rand.New(rand.NewPCG(*seed, 0))}
	r := &relay{network: conditions, clientSide: listener, server: server, serverSides: map[netip.AddrPort]*net.UDPConn{}}
	fmt.Println(listener.LocalAddr().(*net.UDPAddr).Port)
	go r.network.forward(listener, r.toServer)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "lossyrelay:", err)
		os.Exit(1)
	}
}
