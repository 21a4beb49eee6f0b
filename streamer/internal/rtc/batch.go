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

// maxBatchPackets is how many packets the kernel cuts out of one buffer at most, in all versions of Linux
// (UDP_MAX_SEGMENTS).
const maxBatchPackets = 64

// batchConn is the UDP socket as pion's mux sees it. RTP packets wait in it until their stream is flushed, so that those
// of a frame pass the kernel as one buffer, which it cuts into packets as late as it can (generic segmentation offload,
// UDP_SEGMENT). STUN, DTLS and RTCP are sent at once. A flush sends the packets of one stream only: two goroutines that
// flush the same packets could send them in the wrong order.
type batchConn struct {
	*net.UDPConn
	noGSO atomic.Bool // the kernel refuses GSO, perhaps only on the way to some viewer: packets are sent one by one

	mu      sync.Mutex         // guards pending
	pending map[uint32][]batch // by SSRC, in the order of sending
	buffers sync.Pool          // of *[]byte
}

// batch is packets to one address, one behind the other in a buffer. All are of one size; only the last may be shorter.
type batch struct {
	to     netip.AddrPort
	size   int
	full   bool // its last packet is shorter
	buffer *[]byte
}

func newBatchConn(conn *net.UDPConn) *batchConn {
	c := &batchConn{UDPConn: conn, pending: map[uint32][]batch{}}
	c.buffers.New = func() any { return new([]byte) }
	c.noGSO.Store(!supportsGSO(conn))
	return c
}

// supportsGSO tells whether the kernel knows UDP_SEGMENT; one that does not would send a batch as one huge packet.
func supportsGSO(conn *net.UDPConn) (known bool) {
	raw, err := conn.SyscallConn()
	return err == nil && raw.Control(func(fd uintptr) {
		_, err := unix.GetsockoptInt(int(fd), unix.SOL_UDP, unix.UDP_SEGMENT)
		known = err == nil
	}) == nil && known
}

// ReadFromAddrPort gives the next packet that came in.
func (c *batchConn) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	return c.ReadFromUDPAddrPort(b)
}

// WriteToAddrPort sends a packet; of an RTP packet it keeps a copy until the stream is flushed.
func (c *batchConn) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if !isRTP(b) {
		return c.WriteToUDPAddrPort(b, to)
	}
	ssrc := binary.BigEndian.Uint32(b[8:])
	c.mu.Lock()
	defer c.mu.Unlock()
	batches := c.pending[ssrc]
	if n := len(batches); n == 0 || !batches[n-1].fits(b, to) {
		batches = append(batches, batch{to: to, size: len(b), buffer: c.buffers.Get().(*[]byte)})
		c.pending[ssrc] = batches
	}
	batches[len(batches)-1].add(b)
	return len(b), nil
}

// flush sends a stream's pending packets. It must not run twice at once for the same stream: the order of the packets
// would be left to chance.
func (c *batchConn) flush(ssrc uint32) {
	c.mu.Lock()
	batches := c.pending[ssrc]
	delete(c.pending, ssrc)
	c.mu.Unlock()
	for _, b := range batches {
		c.send(b)
		*b.buffer = (*b.buffer)[:0]
		c.buffers.Put(b.buffer)
	}
}

// send sends a batch, its packets one by one where the kernel refuses GSO.
func (c *batchConn) send(b batch) {
	packets := *b.buffer
	if len(packets) > b.size && !c.noGSO.Load() {
		_, _, err := c.WriteMsgUDPAddrPort(packets, segmentSize(b.size), b.to)
		if err == nil {
			return
		}
		if !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.EIO) {
			return // the viewer cannot be reached, which ICE finds out
		}
		c.noGSO.Store(true) // an MTU below the packets' size, or a network card without checksum offload
	}
	for len(packets) > 0 {
		n := min(b.size, len(packets))
		_, _ = c.WriteToUDPAddrPort(packets[:n], b.to)
		packets = packets[n:]
	}
}

// fits tells whether a packet can be the batch's next one.
func (b *batch) fits(packet []byte, to netip.AddrPort) bool {
	return b.to == to && !b.full && len(packet) <= b.size && len(*b.buffer) < (maxBatchPackets-1)*b.size
}

func (b *batch) add(packet []byte) {
	*b.buffer = append(*b.buffer, packet...)
	b.full = len(packet) < b.size
}

// segmentSize is the control message UDP_SEGMENT: the kernel cuts the buffer into packets of size bytes (udp(7)).
func segmentSize(size int) []byte {
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
