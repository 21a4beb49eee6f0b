package main

import (
	"net"
	"net/netip"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/pion/rtp"
	"golang.org/x/sys/unix"
)

// socket is a viewer's UDP socket. It knows when the kernel received each RTP packet, so that the viewers' own work,
// which is more than the server's, is in no figure.
type socket struct {
	*net.UDPConn
	arrivals [2][1 << 10]atomic.Int64 // of video and sound, by sequence number: CLOCK_REALTIME, ns
	oob      [64]byte
}

func newSocket() (*socket, error) {
	conn, err := net.ListenUDP("udp", nil) // on whatever way leads to the server
	if err != nil {
		return nil, err
	}
	_ = conn.SetReadBuffer(1 << 20)
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil, err
	}
	return &socket{UDPConn: conn}, raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	})
}

// ReadFromAddrPort is for pion's mux, in one goroutine.
func (w *socket) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	n, noob, _, from, err := w.ReadMsgUDPAddrPort(b, w.oob[:])
	if err == nil && n > 12 && b[0]>>6 == 2 && (b[1] < 192 || b[1] > 223) {
		w.arrivalOf(b[1]&0x7f, uint16(b[2])<<8|uint16(b[3])).Store(timestamp(w.oob[:noob]))
	}
	return n, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), err
}

// WriteToAddrPort is for pion's mux.
func (w *socket) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	return w.WriteToUDPAddrPort(b, to)
}

// arrival is when the newest packet of that number came.
func (w *socket) arrival(packet *rtp.Packet) time.Time {
	return time.Unix(0, w.arrivalOf(packet.PayloadType, packet.SequenceNumber).Load())
}

func (w *socket) arrivalOf(payloadType uint8, sequence uint16) *atomic.Int64 {
	track := 0
	if payloadType == opusType {
		track = 1
	}
	return &w.arrivals[track][sequence%uint16(len(w.arrivals[track]))]
}

// timestamp is the SCM_TIMESTAMPNS among control messages, or else now.
func timestamp(oob []byte) int64 {
	messages, _ := unix.ParseSocketControlMessage(oob)
	for _, m := range messages {
		if m.Header.Level == unix.SOL_SOCKET && m.Header.Type == unix.SO_TIMESTAMPNS && len(m.Data) >= 16 {
			return (*unix.Timespec)(unsafe.Pointer(&m.Data[0])).Nano()
		}
	}
	return time.Now().UnixNano()
}
