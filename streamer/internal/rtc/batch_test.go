package rtc

import (
	"bytes"
	"net"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func listenUDP(t *testing.T) *net.UDPConn {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetReadBuffer(socketBuffer)
	return conn
}

func addressOf(conn *net.UDPConn) netip.AddrPort { return conn.LocalAddr().(*net.UDPAddr).AddrPort() }

// rtpPacket makes what looks like an RTP packet of stream 7 of size bytes, each with a number of its own.
func rtpPacket(size, number int) []byte { return rtpPacketOf(7, size, number) }

func rtpPacketOf(ssrc, size, number int) []byte {
	header := []byte{0x80, 0x60, 0, byte(number), 0, 0, 0, 0, 0, 0, 0, byte(ssrc)}
	return append(header, bytes.Repeat([]byte{byte(number)}, size-len(header))...)
}

func receive(t *testing.T, conn *net.UDPConn) []byte {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	buffer := make([]byte, 1<<16)
	n, err := conn.Read(buffer)
	if err != nil {
		t.Fatal(err)
	}
	return buffer[:n]
}

func TestBatchedPacketsArriveUnchangedWithAndWithoutGSO(t *testing.T) {
	sizes := []int{25, 12, 1200, 1200, 1200, 700, 1200, 1200, 30, 40, 30}
	for range 2*maxBatchPackets + 5 { // more than the kernel cuts out of one buffer
		sizes = append(sizes, 50)
	}
	for _, noGSO := range []bool{false, true} {
		o, a, b := newBatchConn(listenUDP(t)), listenUDP(t), listenUDP(t)
		o.noGSO.Store(noGSO)
		send := func(i int, to *net.UDPConn) {
			if n, err := o.WriteToAddrPort(rtpPacket(sizes[i], i), addressOf(to)); n != sizes[i] || err != nil {
				t.Fatal(n, err)
			}
		}
		for i := range sizes { // in a row
			send(i, a)
		}
		for i := range sizes { // in turns
			send(i, a)
			send(i, b)
		}
		o.flush(7)
		for i := range 3 * len(sizes) {
			from := a
			if i >= 2*len(sizes) {
				from = b
			}
			want := rtpPacket(sizes[i%len(sizes)], i%len(sizes))
			if got := receive(t, from); !bytes.Equal(got, want) {
				t.Fatalf("without GSO %v: packet %d came as %d bytes, want %d", noGSO, i, len(got), len(want))
			}
		}
		if o.noGSO.Load() != noGSO {
			t.Error("this kernel refused GSO")
		}
	}
}

func TestFlushSendsOnlyThePacketsOfItsStream(t *testing.T) {
	o, a, b := newBatchConn(listenUDP(t)), listenUDP(t), listenUDP(t)
	_, _ = o.WriteToAddrPort(rtpPacketOf(1, 100, 1), addressOf(a))
	_, _ = o.WriteToAddrPort(rtpPacketOf(2, 100, 2), addressOf(b))
	o.flush(2)
	if got := receive(t, b); !bytes.Equal(got, rtpPacketOf(2, 100, 2)) {
		t.Fatalf("got %v", got)
	}
	if n := len(o.pending[1]); n != 1 {
		t.Fatalf("%d batches of the other stream wait, want 1", n)
	}
	o.flush(1)
	if got := receive(t, a); !bytes.Equal(got, rtpPacketOf(1, 100, 1)) {
		t.Fatalf("got %v", got)
	}
	if len(o.pending) != 0 {
		t.Fatalf("the socket keeps %v", o.pending)
	}
}

func TestOnlyRTPIsBatched(t *testing.T) {
	o, viewer := newBatchConn(listenUDP(t)), listenUDP(t)
	send := func(packet []byte) { _, _ = o.WriteToAddrPort(packet, addressOf(viewer)) }
	send(rtpPacket(100, 1))
	for _, packet := range [][]byte{{0, 1}, {22, 254}, {0x80, 200}, {0x81, 205}, {0x80}} { // STUN, DTLS, RTCP
		send(packet)
		if got := receive(t, viewer); !bytes.Equal(got, packet) {
			t.Fatalf("got %v, want %v", got, packet)
		}
	}
	send(rtpPacket(100, 2))
	o.flush(7)
	for i := 1; i <= 2; i++ {
		if got := receive(t, viewer); !bytes.Equal(got, rtpPacket(100, i)) {
			t.Fatalf("packet %d came as %d bytes", i, len(got))
		}
	}
}

func TestPacketsAreSentOneByOneWhereTheKernelRefusesGSO(t *testing.T) {
	conn, viewer := listenUDP(t), listenUDP(t)
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	_ = raw.Control(func(fd uintptr) { // without checksums the kernel cuts nothing
		err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_NO_CHECK, 1)
	})
	if err != nil {
		t.Fatal(err)
	}
	o := newBatchConn(conn)
	for round := range 2 {
		for i := range 3 {
			_, _ = o.WriteToAddrPort(rtpPacket(100, 3*round+i), addressOf(viewer))
		}
		o.flush(7)
		for i := range 3 {
			if got := receive(t, viewer); !bytes.Equal(got, rtpPacket(100, 3*round+i)) {
				t.Fatalf("packet %d came as %d bytes", 3*round+i, len(got))
			}
		}
	}
	if !o.noGSO.Load() {
		t.Error("it goes on trying GSO with a kernel that refuses it")
	}
}
