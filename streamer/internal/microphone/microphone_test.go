package microphone

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"petcam/streamer/internal/sound"
)

const (
	nowNS     = 1e15
	beginning = 48_000_000_000 % (1 << 32) // the timestamp of what is captured then
)

// segment is a Source of what a test puts in.
type segment struct {
	packets chan sound.Packet
	open    atomic.Int32
	now     atomic.Uint64 // as the Microphone is told
}

func (s *segment) Newest() {}
func (s *segment) Close()  { s.open.Add(-1) }
func (s *segment) Next(ctx context.Context, to *sound.Packet) error {
	select {
	case *to = <-s.packets:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *segment) Poll(to *sound.Packet) bool {
	select {
	case *to = <-s.packets:
		return true
	default:
		return false
	}
}

// ear keeps what it hears, as long as there is room.
type ear chan Packet

func (e ear) Hear(packet Packet) {
	select {
	case e <- packet:
	default:
	}
}

func (e ear) next(t *testing.T) Packet {
	t.Helper()
	select {
	case packet := <-e:
		return packet
	case <-time.After(20 * time.Second):
		t.Fatal("nothing is heard")
		return Packet{}
	}
}

// room has a microphone, and whether the owner lets it be heard.
func room(t *testing.T) (*Microphone, *segment, *atomic.Bool) {
	t.Helper()
	from, on := &segment{packets: make(chan sound.Packet)}, &atomic.Bool{}
	on.Store(true)
	from.now.Store(nowNS)
	m := New(Options{Open: func() Source { from.open.Add(1); return from }, On: on.Load, Now: from.now.Load})
	t.Cleanup(m.Close)
	return m, from, on
}

// packetAt is one that was captured and published so long after the test's now.
func packetAt(ms float64) sound.Packet {
	at := uint64(nowNS + ms*1e6)
	return sound.Packet{CaptureNS: at, PublishNS: at, Samples: 960, Data: []byte{0x78}}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: still not so", what)
		}
	}
}

func TestTheSegmentIsOpenWhileSomebodyListens(t *testing.T) {
	m, from, _ := room(t)
	first, second := make(ear, 9), make(ear, 9)
	stopFirst, stopSecond := m.Listen(first), m.Listen(second)
	from.packets <- packetAt(0)
	if a, b := first.next(t), second.next(t); a.Timestamp != beginning || b.Timestamp != a.Timestamp || m.Listeners() != 2 {
		t.Errorf("%v, %v", a, b)
	}
	stopFirst()
	from.packets <- packetAt(20)
	second.next(t)
	stopSecond()
	eventually(t, "it is closed", func() bool { return from.open.Load() == 0 })
	if len(first) != 0 {
		t.Error("who has stopped still hears")
	}
	defer m.Listen(second)()
	from.packets <- packetAt(40)
	if got := second.next(t); got.Timestamp != beginning+1920 || got.First {
		t.Errorf("%+v", got)
	}
}

func TestNobodyHearsWhileTheOwnerHasTurnedItOff(t *testing.T) {
	m, from, on := room(t)
	listener := make(ear, 9)
	defer m.Listen(listener)()
	from.packets <- packetAt(0)
	listener.next(t)
	on.Store(false)
	from.packets <- packetAt(20)
	from.packets <- packetAt(40)
	from.packets <- packetAt(60) // is taken once the first was passed over
	from.now.Store(nowNS + 70e6)
	on.Store(true)
	for _, ms := range []float64{65, 80, 100} { // the first is read later than it was captured
		from.packets <- packetAt(ms)
	}
	if got := listener.next(t); got.Timestamp-beginning < 80*48 {
		t.Errorf("what was captured %d ms later is heard, when it was off", (got.Timestamp-beginning)/48)
	}
}

func TestWhatIsOldIsNotLive(t *testing.T) {
	m, from, _ := room(t)
	listener := make(ear, 9)
	defer m.Listen(listener)()
	from.packets <- packetAt(-60_000)
	from.packets <- packetAt(-501)
	from.packets <- packetAt(-20)
	if got := listener.next(t); got.Timestamp != beginning-960 {
		t.Errorf("%+v", got)
	}
}

func TestListenersComeAndGoAtAnyTime(t *testing.T) {
	m, from, _ := room(t)
	done := make(chan struct{})
	var talking sync.WaitGroup
	talking.Add(1)
	go func() {
		defer talking.Done()
		for n := 0; ; n++ {
			select {
			case from.packets <- packetAt(float64(20 * n)):
			case <-done:
				return
			}
		}
	}()
	var listening sync.WaitGroup
	for range 4 {
		listening.Add(1)
		go func() {
			defer listening.Done()
			for range 15 {
				listener := make(ear, 1000)
				stop := m.Listen(listener)
				last := listener.next(t)
				stop()
				for len(listener) > 0 {
					if next := <-listener; int32(next.Timestamp-last.Timestamp) < 960 {
						t.Errorf("%v after %v", next, last)
					} else {
						last = next
					}
				}
			}
		}()
	}
	listening.Wait()
	close(done)
	talking.Wait()
	eventually(t, "it is closed", func() bool { return from.open.Load() == 0 })
}

func TestCloseEndsAMicrophoneThatIsListenedTo(t *testing.T) {
	m, from, _ := room(t)
	stop := m.Listen(make(ear, 1))
	m.Close()
	if from.open.Load() != 0 {
		t.Error("the segment is still open")
	}
	stop()
	m.Listen(make(ear, 1))() // too late, and no harm
}

// stuck is a Source in which somebody waits until the test ends that, whatever becomes of the context.
type stuck struct {
	segment
	release chan struct{}
	waits   chan struct{}
}

func (s *stuck) Next(ctx context.Context, _ *sound.Packet) error {
	s.waits <- struct{}{}
	<-s.release
	return ctx.Err()
}

func TestOneAtATimeReadsTheSegmentHoweverOftenListenersComeAndGo(t *testing.T) {
	from := &stuck{release: make(chan struct{}), waits: make(chan struct{}, 1000)}
	var opened atomic.Int32
	m := New(Options{Open: func() Source { opened.Add(1); return from }, On: func() bool { return true }, Now: from.now.Load})
	stop := m.Listen(make(ear, 1))
	<-from.waits
	stop()
	for range 100 {
		m.Listen(make(ear, 1))()
	}
	defer m.Listen(make(ear, 1))()
	from.release <- struct{}{} // the first one ends, and only now the last begins
	<-from.waits
	close(from.release)
	m.Close()
	if opened.Load() != 2 {
		t.Errorf("the segment was opened %d times", opened.Load())
	}
}

// backlog is a Source of packets that are old, until Newest passes over them.
type backlog struct {
	segment
	newest bool
}

func (b *backlog) Newest() { b.newest = true }

func (b *backlog) Next(ctx context.Context, to *sound.Packet) error {
	*to = packetAt(-60_000)
	if b.newest {
		*to = packetAt(-20)
	}
	b.newest = false
	return ctx.Err()
}

func TestWhatHasPiledUpIsPassedOverAtOnce(t *testing.T) {
	from := &backlog{}
	from.now.Store(nowNS)
	m := New(Options{Open: func() Source { return from }, On: func() bool { return true }, Now: from.now.Load})
	t.Cleanup(m.Close)
	listener := make(ear, 9)
	defer m.Listen(listener)()
	listener.next(t)
	listener.next(t) // behind an old one
}
