package rtc

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// trainLength is how many packets the kernel cuts out of one buffer at most, in all versions of Linux.
const trainLength = 64

// outbox is the UDP socket as pion's mux sees it. RTP packets wait in it until their stream is flushed, so that those of
// a frame pass the kernel as one, which cuts it into packets again as late as it can (UDP_SEGMENT). All else leaves at
// once. No stream's flush touches what another has waiting: that would send it in two halves, and maybe in their wrong order.
type outbox struct {
	*net.UDPConn
	uncut atomic.Bool // the kernel does not cut, or not on the way to some viewer: all packets go one by one

	mu      sync.Mutex         // guards waiting
	waiting map[uint32][]train // by SSRC, in the order in which they leave
	buffers sync.Pool          // of *[]byte
}

// train is packets to one address. All are of one size; only the last may be shorter.
type train struct {
	to     netip.AddrPort
	size   int
	full   bool
	buffer *[]byte
}

func newOutbox(conn *net.UDPConn) *outbox {
	o := &outbox{UDPConn: conn, waiting: map[uint32][]train{}}
	o.buffers.New = func() any { return new([]byte) }
	o.uncut.Store(!cuts(conn))
	return o
}

// cuts tells whether the kernel knows UDP_SEGMENT; one that does not would send a train as one huge packet.
func cuts(conn *net.UDPConn) (known bool) {
	raw, err := conn.SyscallConn()
	return err == nil && raw.Control(func(fd uintptr) {
		_, err := unix.GetsockoptInt(int(fd), unix.SOL_UDP, unix.UDP_SEGMENT)
		known = err == nil
	}) == nil && known
}

// ReadFromAddrPort gives the next packet that came in.
func (o *outbox) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	return o.ReadFromUDPAddrPort(b)
}

// WriteToAddrPort sends a packet, or keeps a copy of it until its stream is flushed.
func (o *outbox) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if !isRTP(b) {
		return o.WriteToUDPAddrPort(b, to)
	}
	ssrc := binary.BigEndian.Uint32(b[8:])
	o.mu.Lock()
	defer o.mu.Unlock()
	trains := o.waiting[ssrc]
	if n := len(trains); n == 0 || !trains[n-1].takes(b, to) {
		trains = append(trains, train{to: to, size: len(b), buffer: o.buffers.Get().(*[]byte)})
		o.waiting[ssrc] = trains
	}
	trains[len(trains)-1].add(b)
	return len(b), nil
}

// flush sends what waits of a stream. Two at once for the same stream would leave its packets' order to chance.
func (o *outbox) flush(ssrc uint32) {
	o.mu.Lock()
	trains := o.waiting[ssrc]
	delete(o.waiting, ssrc)
	o.mu.Unlock()
	for _, t := range trains {
		o.send(t)
		*t.buffer = (*t.buffer)[:0]
		o.buffers.Put(t.buffer)
	}
}

// send sends a train, or its packets one by one where the kernel does not cut it.
func (o *outbox) send(t train) {
	packets := *t.buffer
	if len(packets) > t.size && !o.uncut.Load() {
		_, _, err := o.WriteMsgUDPAddrPort(packets, segments(t.size), t.to)
		if err == nil {
			return
		}
		if !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.EIO) {
			return // the viewer cannot be reached, which ICE finds out
		}
		o.uncut.Store(true) // a short way's MTU, or a network card that makes no checksums
	}
	for len(packets) > 0 {
		n := min(t.size, len(packets))
		_, _ = o.WriteToUDPAddrPort(packets[:n], t.to)
		packets = packets[n:]
	}
}

// takes tells whether b can be the next packet of the train.
func (t *train) takes(b []byte, to netip.AddrPort) bool {
	return t.to == to && !t.full && len(b) <= t.size && len(*t.buffer) < (trainLength-1)*t.size
}

func (t *train) add(b []byte) {
	*t.buffer = append(*t.buffer, b...)
	t.full = len(b) < t.size
}

// segments is the control message that has the kernel cut what it goes with into packets of size bytes (udp(7)).
func segments(size int) []byte {
	control := make([]byte, unix.CmsgSpace(2))
	header := (*unix.Cmsghdr)(unsafe.Pointer(&control[0]))
	header.Level, header.Type = unix.SOL_UDP, unix.UDP_SEGMENT
	header.SetLen(unix.CmsgLen(2))
	binary.NativeEndian.PutUint16(control[unix.CmsgLen(0):], uint16(size))
	return control
}

// isRTP tells RTP from STUN, DTLS and RTCP (RFC 7983 and RFC 5761).
func isRTP(b []byte) bool {
	return len(b) >= 12 && b[0]>>6 == 2 && (b[1] < 192 || b[1] > 223)
}
