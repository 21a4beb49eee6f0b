package feed

import (
	"math"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// minProgress is how many bytes a client must acknowledge before it counts as reading.
	minProgress = 4096
	// backlogDecay is the share of the estimate of unread bytes that each look takes off, since it may be wrong.
	backlogDecay = 1.0 / 200
	// anyBacklog is for give.
	anyBacklog = math.MaxInt
)

// line is what a listener's connection can do; fairshare.Line.
type line interface {
	Control(f func(fd uintptr)) error
	Waits()
	Takes()
}

// listener is a client's connection. Nothing here waits for the client. All but gone is guarded by listeners.mu.
type listener struct {
	gone chan struct{} // closed once nothing can be sent any more

	line     line
	chunked  bool
	said     uint64 // when it joined or got a keep-alive, ns
	rest     []byte // of an event of which the kernel took a part
	isGone   bool
	isBehind bool
	backlog  int // bytes that it has not read, at most

	acked  uint64  // bytes that its system had acknowledged when it was last seen to read
	window float64 // bytes that its system had room for then (its TCP window)

	piece      []byte // for act
	most       int
	act, asked func(fd uintptr) // methods, bound once
}

func newListener(line line, chunked bool) *listener {
	l := &listener{line: line, chunked: chunked, gone: make(chan struct{})}
	l.act, l.asked = l.onLine, l.ask
	return l
}

// look estimates the backlog anew.
func (l *listener) look() { l.control(l.asked) }

// give sends an event; nil: only what is left of the one before. A listener that has left more than most bytes unread
// misses it.
func (l *listener) give(e *event, most int) {
	l.piece, l.most = nil, most
	if e != nil {
		l.piece = e.plain
		if l.chunked {
			l.piece = e.chunk
		}
	}
	l.control(l.act)
	l.piece = nil
}

func (l *listener) control(f func(fd uintptr)) {
	if !l.isGone && l.line.Control(f) != nil {
		l.fail()
	}
}

func (l *listener) fail() {
	if !l.isGone {
		l.isGone = true
		close(l.gone)
	}
}

// onLine is give on the connection.
func (l *listener) onLine(fd uintptr) {
	if len(l.rest) > 0 {
		l.rest = l.rest[:copy(l.rest, l.put(fd, l.rest))]
	}
	if len(l.piece) == 0 || l.isGone {
		return
	}
	if len(l.rest) > 0 || !l.hasRoom(fd) {
		if !l.isBehind {
			l.isBehind = true
			l.line.Waits()
		}
		return
	}
	l.backlog += len(l.piece)
	l.rest = append(l.rest[:0], l.put(fd, l.piece)...)
}

// hasRoom asks the kernel only where the listener may be behind: it cannot have left more unread than it was sent.
func (l *listener) hasRoom(fd uintptr) bool {
	if l.backlog > l.most {
		l.ask(fd)
	}
	return l.backlog <= l.most
}

// put sends what the kernel has room for, and gives what is left.
func (l *listener) put(fd uintptr, piece []byte) (left []byte) {
	n, err := unix.Write(int(fd), piece)
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		return piece
	case err != nil:
		l.fail()
		return piece
	}
	l.isBehind = false
	l.line.Takes()
	return piece[n:]
}

// ask estimates the backlog: the bytes that wait here, and those in the receive buffer of the client's system. The latter
// are estimated by its TCP window, which shrinks by what arrives and is not read. petcam/web/http/channel.py does the same.
func (l *listener) ask(fd uintptr) {
	var info unix.TCPInfo
	size := uint32(unsafe.Sizeof(info))
	_, _, failed := unix.RawSyscall6(unix.SYS_GETSOCKOPT, fd, unix.IPPROTO_TCP, unix.TCP_INFO,
		uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
	if failed != 0 {
		l.backlog = len(l.rest)
		return
	}
	got, shrunk := float64(info.Bytes_acked-l.acked), l.window-float64(info.Snd_wnd)
	hasRead, otherCause := got > minProgress && shrunk < got/4, shrunk > got+minProgress
	if shrunk <= 0 || hasRead || otherCause {
		l.acked, l.window, shrunk = info.Bytes_acked, float64(info.Snd_wnd), 0
	}
	l.window -= shrunk * backlogDecay
	l.backlog = len(l.rest) + int(info.Notsent_bytes) + int(shrunk)
}
