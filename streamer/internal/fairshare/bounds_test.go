package fairshare

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

func testBounds() Bounds {
	return Bounds{
		Connections: 20, ConnectionShare: 2, RequestBytes: 1 << 20, RequestShare: 1 << 10, BytesOfRequest: 1,
		AnswerBytes: 4 << 20, Unsent: 20 * time.Second,
	}
}

// serveAll serves a handler on a port of this machine, with bounds.
func serveAll(t *testing.T, bounds Bounds, handler http.Handler) (*Listener, *Requests) {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l, requests := bounds.Limit(listener, quiet()), bounds.Requests()
	serve(t, l, requests.Handler(handler))
	return l, requests
}

// dial connects from an address of 127.0.0.0/8, each of which is another device.
func dial(t *testing.T, l net.Listener, from string) net.Conn {
	t.Helper()
	dialer := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(from), 0)), Timeout: 20 * time.Second}
	conn, err := dialer.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// dialNarrow is dial for one whose system takes little that is not read.
func dialNarrow(t *testing.T, l net.Listener, from string) net.Conn {
	t.Helper()
	conn := dial(t, l, from)
	_ = conn.(*net.TCPConn).SetReadBuffer(4 << 10)
	return conn
}

// eventually waits for what the server's goroutines do.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never: " + what)
		}
	}
}

func (p *Pool) held() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.total
}

func TestOfThisMachineHalfDoesNotCount(t *testing.T) {
	p := &testPool{Pool: newForAll(10, 1)}
	own := func(n int) {
		for range n {
			p.add(ownMachine(), 1, func() { p.gone = append(p.gone, "own") })
		}
	}
	own(6)
	p.fill(3, "2001:db8::%d")
	p.hold("phone", "192.0.2.9")
	p.expectGone(t)
	p.hold("tablet", "192.0.2.8")
	p.expectGone(t, "flood")
	own(10)
	if slices.Contains(p.gone, "phone") || slices.Contains(p.gone, "tablet") || !slices.Contains(p.gone, "own") {
		t.Errorf("%q gave way", p.gone)
	}
}

func TestThisMachineIsKnownByTheAddressThatItConnectsTo(t *testing.T) {
	at := func(text string) net.Addr { return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(text)) }
	for _, c := range []struct {
		from, local string
		own         bool
	}{
		{"127.0.0.1", "127.0.0.1:80", true},
		{"::1", "[::1]:80", true},
		{"192.0.2.1", "192.0.2.1:80", true},
		{"192.0.2.1", "[::ffff:192.0.2.1]:80", true},
		{"192.0.2.2", "192.0.2.1:80", false},
		{"127.0.0.2", "127.0.0.1:80", false},
		{"2001:db8::2", "[2001:db8::1]:80", false},
	} {
		if got := placeOf(netip.MustParseAddr(c.from), at(c.local)) == ownMachine(); got != c.own {
			t.Errorf("%s at %s: %v", c.from, c.local, got)
		}
	}
}

func TestOfANetworkTheSessionThatHoldsMostGivesWay(t *testing.T) {
	p := newTestPool(10, 1)
	p.hold("owner", "2001:db8::1").letIn("owner")
	p.hold("owner", "2001:db8::1").letIn("owner")
	p.fill(30, "2001:db8::1:%d")
	p.expectOnlyFloodGone(t)
	for range 30 {
		p.hold("viewer", "2001:db8::2").letIn("viewer")
	}
	if slices.Contains(p.gone, "owner") || !slices.Contains(p.gone, "viewer") {
		t.Errorf("%q gave way", p.gone)
	}
}

func TestALoggedInConnectionOutlivesAFloodOfItsNetwork(t *testing.T) {
	l, _ := serveAll(t, testBounds(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		LetIn(r.Context(), r.URL.Query().Get("session"))
	}))
	owner, stranger := dial(t, l, "127.0.0.2"), dial(t, l, "127.0.0.2")
	read := bufio.NewReader(owner)
	in := func() error {
		_ = owner.SetDeadline(time.Now().Add(20 * time.Second))
		if _, err := io.WriteString(owner, "GET /?session=owner HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			return err
		}
		_, err := http.ReadResponse(read, nil)
		return err
	}
	if err := in(); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, stranger, getRequest); got != ok {
		t.Fatal(got)
	}
	for range 60 {
		dial(t, l, "127.0.0.2")
	}
	expectClosed(t, stranger)
	if err := in(); err != nil {
		t.Errorf("the owner's: %v", err)
	}
	if held := l.pool.held(); held > 20 {
		t.Errorf("%d connections", held)
	}
}

func TestAnswersThatNobodyTakesAreBoundedInSumAndAReaderGetsHis(t *testing.T) {
	for _, flooder := range []string{"127.0.0.2", "127.0.0.1"} {
		t.Run(flooder, func(t *testing.T) {
			const size = 1 << 20
			large := make([]byte, size)
			bounds := testBounds()
			bounds.Connections = 100
			l, requests := serveAll(t, bounds, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(large) }))
			reader := dial(t, l, "127.0.0.3")
			_, _ = io.WriteString(reader, getRequest)
			eventually(t, "the reader's answer begins", func() bool { return requests.answers.held() == size })
			for n := range 20 {
				_, _ = io.WriteString(dial(t, l, flooder), getRequest)
				eventually(t, "a flood", func() bool { return n < 6 || requests.answers.held() > bounds.AnswerBytes-size })
				if held := requests.answers.held(); held > bounds.AnswerBytes {
					t.Fatalf("%d bytes are held", held)
				}
			}
			_ = reader.SetDeadline(time.Now().Add(20 * time.Second))
			answer, err := http.ReadResponse(bufio.NewReader(reader), nil)
			if err != nil {
				t.Fatal(err)
			}
			if body, err := io.ReadAll(answer.Body); err != nil || len(body) != size {
				t.Errorf("the reader got %d bytes, %v", len(body), err)
			}
			eventually(t, "nothing is held for the reader", func() bool {
				requests.answers.mu.Lock()
				defer requests.answers.mu.Unlock()
				return requests.answers.perNetwork[netip.MustParsePrefix("127.0.0.3/32")] == 0
			})
		})
	}
}

func TestALargeAnswerMayTakeLongWhileSomeOfItIsTaken(t *testing.T) {
	const size = 2 << 20
	bounds := testBounds()
	bounds.Unsent = 600 * time.Millisecond
	l, _ := serveAll(t, bounds, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, size)) }))
	slow, still := dial(t, l, "127.0.0.2"), dial(t, l, "127.0.0.3")
	_, _ = io.WriteString(still, getRequest)
	_, _ = io.WriteString(slow, getRequest)
	answer, err := http.ReadResponse(bufio.NewReader(slow), nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := int64(0), error(nil)
	for err == nil {
		var n int64
		n, err = io.CopyN(io.Discard, answer.Body, size/16)
		got += n
		time.Sleep(80 * time.Millisecond) // it is slow
	}
	if got != size || err != io.EOF {
		t.Errorf("%d bytes, %v", got, err)
	}
	_ = still.SetReadDeadline(time.Now().Add(20 * time.Second))
	if n, err := io.Copy(io.Discard, still); n >= size || err != nil && strings.Contains(err.Error(), "timeout") {
		t.Errorf("one that took nothing got %d bytes, %v", n, err)
	}
}

func TestAClosedConnectionCountsUntilAllHasBeenTaken(t *testing.T) {
	const size = 100 << 10
	l, _ := serveAll(t, testBounds(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, size))
	}))
	conns := map[string]net.Conn{}
	for _, from := range []string{"127.0.0.2", "127.0.0.3", "127.0.0.4"} {
		conns[from] = dialNarrow(t, l, from)
		_, _ = io.WriteString(conns[from], "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	}
	_ = conns["127.0.0.4"].(*net.TCPConn).CloseWrite()
	ending := func() int {
		l.ends.mu.Lock()
		defer l.ends.mu.Unlock()
		return len(l.ends.all)
	}
	eventually(t, "all are closed", func() bool { return ending() == 3 })
	if held := l.pool.held(); held != 3 {
		t.Errorf("%d are counted", held)
	}
	taken, err := io.ReadAll(conns["127.0.0.2"])
	if err != nil || len(taken) < size {
		t.Errorf("%d bytes, %v", len(taken), err)
	}
	eventually(t, "what was taken is no longer counted", func() bool { return l.pool.held() == 2 })
	_ = l.Close()
	if ending() != 0 || l.pool.held() != 0 {
		t.Errorf("%d are ending, %d counted", ending(), l.pool.held())
	}
}

func TestAFloodOfClosedConnectionsGivesWay(t *testing.T) {
	l, _ := serveAll(t, testBounds(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, 100<<10))
	}))
	for range 60 {
		_, _ = io.WriteString(dialNarrow(t, l, "127.0.0.2"), "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	}
	if got := ask(t, dial(t, l, "127.0.0.3"), getRequest); got != ok {
		t.Error(got)
	}
	if held := l.pool.held(); held > 20 {
		t.Errorf("%d are counted", held)
	}
}
