package rtc

import (
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"
)

func TestASocketOfTheLoopbackIsReachedAtAllAddressesOfItsFamily(t *testing.T) {
	for _, loopback := range []string{"127.0.0.1", "::1"} {
		conn := listenOn(t, loopback)
		port := conn.LocalAddr().(*net.UDPAddr).AddrPort().Port()
		for _, address := range append(interfaceAddresses(), netip.MustParseAddr(loopback)) {
			if address.Is6() != (loopback == "::1") {
				continue
			}
			at := netip.AddrPortFrom(address, port)
			sender := sendFrom(t, address, at, "question")
			text, from := received(t, conn)
			if text != "question" || from.Addr() != address {
				t.Errorf("%s: got %q from %s", address, text, from)
			}
			if _, err := conn.WriteToUDPAddrPort([]byte("answer"), from); err != nil {
				t.Fatal(err)
			}
			if text, from := received(t, sender); text != "answer" || from != at {
				t.Errorf("%s: answered with %q from %s", address, text, from)
			}
		}
	}
}

func TestWhatComesByAnotherInterfaceIsDropped(t *testing.T) {
	conn := listenOn(t, "127.0.0.1")
	number, err := loopbackInterface()
	if err != nil {
		t.Fatal(err)
	}
	address := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	at := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), address.Port())
	refilter(t, conn, number+1)
	sendFrom(t, at.Addr(), at, "by another")
	refilter(t, conn, number)
	sendFrom(t, at.Addr(), at, "by the loopback")
	if text, _ := received(t, conn); text != "by the loopback" {
		t.Errorf("got %q", text)
	}
}

func TestAServerOfTheLoopbackOffersTheMachinesAddresses(t *testing.T) {
	mux, err := listen("127.0.0.1", 0, []string{"127.0.0.1"}, pionLog{slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = mux.Close() }()
	want := []netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), mux.port)}
	for _, address := range interfaceAddresses() {
		if address.Is4() && !address.IsLoopback() {
			want = append(want, netip.AddrPortFrom(address, mux.port))
		}
	}
	if got := mux.hosts.all(); !slices.Equal(got, want) {
		t.Errorf("offered are %v, not %v", got, want)
	}
}

func TestASocketOfTheLoopbackIsOfferedThereAloneWhereAnotherProgramHasItsPort(t *testing.T) {
	taken, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	port := taken.LocalAddr().(*net.UDPAddr).Port
	mux, err := listen("127.0.0.1", port, nil, pionLog{slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = mux.Close() }()
	want := []netip.AddrPort{netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port))}
	if got := mux.hosts.all(); !slices.Equal(got, want) {
		t.Errorf("offered are %v, not %v", got, want)
	}
}

func listenOn(t *testing.T, loopback string) *net.UDPConn {
	conn, err := listenToOwnMachine(&net.UDPAddr{IP: net.ParseIP(loopback)})
	if err != nil {
		if loopback == "::1" {
			t.Skip("there is no IPv6: ", err)
		}
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func sendFrom(t *testing.T, address netip.Addr, to netip.AddrPort, text string) *net.UDPConn {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(address, 0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := conn.WriteToUDPAddrPort([]byte(text), to); err != nil {
		t.Fatal(err)
	}
	return conn
}

func received(t *testing.T, conn *net.UDPConn) (string, netip.AddrPort) {
	buffer := make([]byte, 100)
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	n, from, err := conn.ReadFromUDPAddrPort(buffer)
	if err != nil {
		t.Fatal(err)
	}
	return string(buffer[:n]), from
}

func refilter(t *testing.T, conn *net.UDPConn, number uint32) {
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	if controlled := raw.Control(func(fd uintptr) { err = takeOnlyFrom(int(fd), number) }); controlled != nil || err != nil {
		t.Fatal(controlled, err)
	}
}
