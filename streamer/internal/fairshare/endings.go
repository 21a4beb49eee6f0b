package fairshare

import (
	"io"
	"net"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// endLook is between two looks at a connection that is ending.
const endLook = 200 * time.Millisecond

// endings are the connections that we have closed, and that the kernel holds until the other end has taken all. Each has a
// goroutine, which ends when that has been taken, when the connection gives way, when its time is over, or by close.
type endings struct {
	mu     sync.Mutex // guards what follows
	closed bool
	all    map[*countedConn]struct{}
	tasks  sync.WaitGroup
}

func newEndings() *endings { return &endings{all: map[*countedConn]struct{}{}} }

// take closes a connection once its other end has taken all; false: there is nothing to wait for.
func (e *endings) take(c *countedConn) bool {
	tcp, is := c.Conn.(*net.TCPConn)
	if !is || unsent(tcp) == 0 {
		return false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, twice := e.all[c]; twice {
		return true
	}
	if e.closed || tcp.CloseWrite() != nil {
		return false
	}
	e.all[c] = struct{}{}
	e.tasks.Add(1)
	go e.wait(c, tcp)
	return true
}

// wait reads what still comes, and drops it.
func (e *endings) wait(c *countedConn, tcp *net.TCPConn) {
	defer e.tasks.Done()
	defer e.end(c)
	buffer := make([]byte, 512)
	for unsent(tcp) > 0 {
		_ = tcp.SetReadDeadline(time.Now().Add(endLook))
		switch _, err := tcp.Read(buffer); {
		case err == io.EOF:
			time.Sleep(endLook) // it sends no more, and may still take
		case err != nil && !isTimeout(err):
			return // the kernel has given it up
		}
	}
}

func (e *endings) end(c *countedConn) {
	_ = c.end()
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.all, c)
}

// close ends all, and whatever comes is closed at once.
func (e *endings) close() {
	e.mu.Lock()
	e.closed = true
	for c := range e.all {
		c.giveWay()
	}
	e.mu.Unlock()
	e.tasks.Wait()
}

func isTimeout(err error) bool {
	failed, is := err.(net.Error)
	return is && failed.Timeout()
}

// unsent is how many bytes the kernel holds that the other end's has not acknowledged.
func unsent(tcp *net.TCPConn) (bytes int) {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) { bytes, _ = unix.IoctlGetInt(int(fd), unix.SIOCOUTQ) })
	return bytes
}
