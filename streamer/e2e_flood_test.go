package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// floodAddresses are this many addresses of one /64, which a single device may have.
const floodAddresses = 60

func floodAddress(n int) string { return fmt.Sprintf("2001:db8::%x", n+1) }

// giveAddresses gives the namespace's loopback those addresses and one more; they are no loopback addresses.
func giveAddresses(t *testing.T) {
	t.Helper()
	socket, err := unix.Socket(unix.AF_INET6, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Skipf("this machine has no IPv6: %v", err)
	}
	defer func() { _ = unix.Close(socket) }()
	for n := range floodAddresses + 1 {
		request := struct { // in6_ifreq
			address [16]byte
			bits    uint32
			index   int32
		}{bits: 128, index: 1}
		copy(request.address[:], net.ParseIP(floodAddress(n)))
		_, _, failed := unix.Syscall(unix.SYS_IOCTL, uintptr(socket), unix.SIOCSIFADDR, uintptr(unsafe.Pointer(&request)))
		if failed != 0 {
			t.Skipf("no IPv6 addresses can be added: %v", failed)
		}
	}
}

// dialFrom connects from one of the addresses.
func dialFrom(n int) func(ctx context.Context, network, address string) (net.Conn, error) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(floodAddress(n))}}
	return dialer.DialContext
}

func TestOneDeviceWithManyAddressesShutsNobodyOut(t *testing.T) {
	if !inOwnNetwork(t) {
		return
	}
	giveAddresses(t)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "the page") }))
	defer web.Close()
	c, _ := withKey(t)
	_, port, _ := net.SplitHostPort(web.Listener.Addr().String())
	c.Web.Port, _ = strconv.Atoi(port)
	c.Web.Host, c.Web.TLS, c.Web.TLSPort, c.Streamer.Host = "::", "auto", freePort(t), "::"
	local := beginWith(t, c, open(t, c))
	ports := []string{local[strings.LastIndex(local, ":")+1:], strconv.Itoa(c.Web.TLSPort)}
	for range 3 {
		for _, port := range ports {
			flood(t, port, 2*maxConnections)
		}
		honest := http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DialContext: dialFrom(floodAddresses),
			DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
		for i, url := range []string{"http://[2001:db8::1]:" + ports[0] + "/health", "https://[2001:db8::1]:" + ports[1] + "/"} {
			response, err := honest.Get(url)
			if err != nil {
				t.Errorf("port %d: %v", i, err)
				continue
			}
			_, _ = io.Copy(io.Discard, response.Body)
			_ = response.Body.Close()
		}
	}
	want(t, "GET", "http://127.0.0.1:"+ports[0]+"/status", nil, 200)
}

// flood opens n connections from the addresses in turn, which begin a request or a handshake and say no more.
func flood(t *testing.T, port string, n int) {
	t.Helper()
	for i := range n {
		conn, err := dialFrom(i%floodAddresses)(t.Context(), "tcp", "[2001:db8::1]:"+port)
		if errors.Is(err, unix.ECONNREFUSED) {
			t.Fatal(err)
		}
		if err != nil {
			continue
		}
		t.Cleanup(func() { _ = conn.Close() })
		_, _ = io.WriteString(conn, "\x16\x03\x01\x02\x00\x01")
	}
}
