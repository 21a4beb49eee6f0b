package feed

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"petcam/streamer/internal/fairshare"
)

// lineAndFar are both ends of a connection.
func lineAndFar(t *testing.T) (*fairshare.Line, *net.TCPConn, *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	far, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	near, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = far.Close(); _ = near.Close() })
	request := (&http.Request{}).WithContext(fairshare.ConnContext(context.Background(), near))
	return fairshare.LineOf(request), near.(*net.TCPConn), far.(*net.TCPConn)
}

func bigEvent(letter byte) *event {
	e := &event{}
	e.make(func(to []byte) []byte { return append(to, bytes.Repeat([]byte{letter}, 100_000)...) })
	return e
}

func TestHalfAnEventIsFollowedByItsOtherHalf(t *testing.T) {
	line, near, far := lineAndFar(t)
	_ = near.SetWriteBuffer(64 << 10)
	_ = far.SetReadBuffer(16 << 10)
	s := newListeners(func() uint64 { return 1 })
	l := s.join(line, false)
	sent := 0
	for ; len(l.rest) == 0; sent++ {
		l.give(bigEvent('a'+byte(sent)), anyBacklog)
	}
	l.give(bigEvent('!'), anyBacklog) // missed
	if s.leave(l) {
		t.Error("the end of half an event is no end")
	}
	read := make([]byte, sent*100_000)
	done := make(chan error, 1)
	go func() { _, err := io.ReadFull(far, read); done <- err }()
	for len(l.rest) > 0 {
		l.give(nil, 0)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	for i := range read {
		if read[i] != 'a'+byte(i/100_000) {
			t.Fatalf("byte %d is %q", i, read[i])
		}
	}
	if !s.leave(l) || l.isGone {
		t.Error("the whole event is an end")
	}
}

func TestAListenerWhoseConnectionFailsIsGone(t *testing.T) {
	line, near, far := lineAndFar(t)
	l := newListener(line, true)
	_ = far.SetLinger(0)
	_ = far.Close()
	for range 10 {
		l.give(eventOf("x"), anyBacklog)
	}
	<-l.gone
	other, nearer, _ := lineAndFar(t)
	closed := newListener(other, true)
	_ = nearer.Close()
	closed.look()
	<-closed.gone
	_ = near.Close()
}

// telling is a line that keeps what it was told.
type telling struct {
	*fairshare.Line
	told string
}

func (l *telling) Waits() { l.told += "waits " }
func (l *telling) Takes() { l.told = strings.TrimSuffix(l.told, "takes ") + "takes " }

func TestItIsSaidWhoTakesNothing(t *testing.T) {
	line, _, far := lineAndFar(t)
	_ = far.SetReadBuffer(16 << 10)
	told := &telling{Line: line}
	l := newListeners(func() uint64 { return 1 }).join(told, false)
	for !l.isBehind {
		l.give(eventOf(string(make([]byte, 500))), backlogError)
	}
	for range 3 {
		l.give(eventOf(string(make([]byte, 500))), 0)
	}
	l.give(eventOf("x"), anyBacklog)
	if told.told != "takes waits takes " {
		t.Error(told.told)
	}
}

func TestWhoIsBehindMissesLevelsBeforeResults(t *testing.T) {
	line, _, far := lineAndFar(t)
	_ = far.SetReadBuffer(16 << 10)
	l := newListeners(func() uint64 { return 1 }).join(line, false)
	l.backlog = backlogError + 1
	if !l.hasRoomOf(t, backlogError) {
		t.Error("the kernel knows that nothing is unread")
	}
	small := eventOf(string(make([]byte, 500)))
	for end := time.Now().Add(patience); l.hasRoomOf(t, backlogError); {
		if l.give(small, backlogError); time.Now().After(end) {
			t.Fatal("it is never behind")
		}
	}
	if l.give(small, backlogError); !l.isBehind {
		t.Error("it is behind")
	}
	if l.give(small, maxBacklogEvents*5000); l.isBehind {
		t.Error("of large events it may have left more")
	}
	l.isBehind = true
	go func() { _, _ = io.Copy(io.Discard, far) }()
	for end := time.Now().Add(patience); l.isBehind; l.give(small, backlogError) { // its window may tell of that late
		if time.Now().After(end) {
			t.Fatal("it stays behind")
		}
	}
}

func (l *listener) hasRoomOf(t *testing.T, most int) (has bool) {
	t.Helper()
	l.most = most
	if err := l.line.Control(func(fd uintptr) { has = l.hasRoom(fd) }); err != nil {
		t.Fatal(err)
	}
	return has
}
