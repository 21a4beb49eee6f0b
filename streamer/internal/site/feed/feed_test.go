package feed

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"petcam/streamer/internal/shm"
)

func TestListenersGetEachResult(t *testing.T) {
	s := open(t, 40)
	first, plain := s.listen(t), s.ask(t, "GET", "1.0")
	plain.expect(retryField)
	s.until(t, func() bool { return s.feed.Listeners() == 2 })
	for _, name := range [][2]string{{"Content-Type", "text/event-stream; charset=utf-8"}, {"X-Accel-Buffering", "no"}, {"Cache-Control", "no-store"}} {
		if got := first.answer.Header.Get(name[0]); got != name[1] {
			t.Errorf("%s: %q", name[0], got)
		}
	}
	if len(first.answer.TransferEncoding) != 1 || len(plain.answer.TransferEncoding) != 0 {
		t.Error(first.answer.TransferEncoding, plain.answer.TransferEncoding)
	}
	for number := range uint64(100) {
		s.detector.Publish(result(number))
		first.expect(eventFor(number))
		plain.expect(eventFor(number))
	}
}

func TestANewListenerGetsTheNewestAtOnceWhileItIsFresh(t *testing.T) {
	s := open(t, 40)
	for number := range uint64(5) {
		s.detector.Publish(result(number))
	}
	first := s.listen(t)
	first.expect(eventFor(4)) // nothing of before
	s.listen(t).expect(eventFor(4))
	s.later.Store(maxAge)
	late := s.listen(t)
	now := result(5)
	now.PublishNS = s.feed.Now()
	s.detector.Publish(now)
	late.expect(eventFor(5))
	first.expect(eventFor(5))
}

func TestAnOldResultIsNotSent(t *testing.T) {
	s := open(t, 40)
	c := s.listen(t)
	old := result(1)
	old.PublishNS = shm.Now() - 600_000_000
	s.detector.Publish(old)
	s.detector.Publish(result(2))
	c.expect(eventFor(2))
}

func TestTheSegmentIsOpenOnlyWhileSomebodyListens(t *testing.T) {
	s := open(t, 40)
	if len(s.opened) > 0 || s.feed.LastActive().Before(time.Now().Add(-time.Minute)) {
		t.Error("it was opened, or counts as stuck")
	}
	first, second := s.listen(t), s.listen(t)
	s.expectOpened(t, "opened")
	s.until(t, func() bool { return time.Since(s.feed.LastActive()) < time.Second })
	_ = first.conn.Close()
	s.until(t, func() bool { return s.feed.Listeners() == 1 })
	s.detector.Publish(result(1))
	second.expect(eventFor(1))
	_ = second.conn.Close()
	s.expectOpened(t, "closed")
	if n := s.feed.Listeners(); n != 0 {
		t.Error(n, "listen")
	}
	third := s.listen(t)
	s.expectOpened(t, "opened")
	s.detector.Publish(result(2))
	for third.event() != eventFor(2) { // 1 is the newest at first, and fresh
	}
}

func TestItGoesOnWithADetectorThatStartsAgain(t *testing.T) {
	s := open(t, 40)
	c := s.listen(t)
	s.detector.Publish(result(1))
	c.expect(eventFor(1))
	s.detector.Wake()
	s.detector.Replace(t)
	s.detector.Publish(result(2))
	c.expect(eventFor(2))
	s.detector.Leave()
	s.detector.Wake()
	s.detector.Replace(t)
	s.detector.Publish(result(3))
	c.expect(eventFor(3))
	s.detector.Truncate(100)
	s.detector.Replace(t)
	found := make(chan string)
	go func() { found <- c.event() }()
	for got := ""; got == ""; { // it may notice too late for one that is sent once
		s.detector.Publish(result(4))
		select {
		case got = <-found:
			if got != eventFor(4) {
				t.Error(got)
			}
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func TestAClientThatDoesNotReadGetsNoBacklog(t *testing.T) {
	s := open(t, 40)
	slow, prompt := s.listen(t), s.listen(t)
	const count, last = 1000, 1_000_000
	lastEvent := eventFor(last)
	for number := range uint64(count) {
		s.detector.Publish(result(number))
		prompt.expect(eventFor(number))
	}
	end := make(chan int)
	go func() {
		for got := 1; ; got++ {
			if event := slow.event(); event == lastEvent {
				end <- got
				return
			}
		}
	}()
	got := 0
	for got == 0 {
		select {
		case got = <-end:
		case <-time.After(time.Millisecond):
			s.detector.Publish(result(last))
			prompt.expect(lastEvent)
		}
	}
	t.Logf("%d of %d results after a stall", got, count)
	if got > 400 {
		t.Errorf("%d results after a stall", got)
	}
}

func TestSixtyFourClientsGetAll(t *testing.T) {
	s := open(t, 8+2*64)
	const clients, results = 64, 60
	var all []*client
	for range clients {
		all = append(all, s.listen(t))
	}
	got := make(chan string, clients)
	for _, each := range all {
		go func() {
			for range results {
				got <- each.event()
			}
		}()
	}
	for number := range uint64(results) {
		s.detector.Publish(result(number))
		for range clients { // who takes it late misses the next
			if event := <-got; event != eventFor(number) {
				t.Fatalf("%q in the place of result %d", event, number)
			}
		}
	}
	if refused := s.ask(t, "GET", "1.1"); refused.answer.StatusCode != 503 || refused.answer.Header.Get("Retry-After") == "" {
		t.Error(refused.answer.Status)
	}
}

func TestItEndsWithItsSession(t *testing.T) {
	s := open(t, 40)
	c := s.listen(t)
	s.visitors.lasts.Store(false)
	c.expectEnd(3 * time.Second)
	s.until(t, func() bool { return s.feed.Listeners() == 0 })
}

func TestItEndsWhenTheCameraIsTurnedOff(t *testing.T) {
	s := open(t, 40)
	c := s.listen(t)
	s.cameraOn.Store(false)
	s.detector.Publish(result(1))
	s.detector.Publish(result(2))
	_ = c.conn.SetReadDeadline(time.Now().Add(3 * time.Second))
	rest, err := io.ReadAll(c.body)
	if after := strings.TrimPrefix(string(rest), eventFor(1)); err != nil || after != "" { // a look may be going on
		t.Errorf("%q %v", rest, err)
	}
	if refused := s.ask(t, "GET", "1.1"); refused.answer.StatusCode == 200 {
		t.Error(refused.answer.Status)
	}
}

func TestItEndsWithTheService(t *testing.T) {
	s := open(t, 40)
	c := s.listen(t)
	s.expectOpened(t, "opened")
	s.end()
	c.expectEnd(time.Second)
	s.expectOpened(t, "closed")
	late := s.ask(t, "GET", "1.1")
	late.expect(retryField)
	late.expectEnd(time.Second)
}

func TestHEADTakesNoPlace(t *testing.T) {
	s := open(t, 9) // one place
	for range 3 {
		if c := s.ask(t, "HEAD", "1.1"); c.answer.StatusCode != 200 || s.feed.Listeners() > 0 {
			t.Fatal(c.answer.Status)
		}
	}
	s.listen(t)
	if refused := s.ask(t, "HEAD", "1.1"); refused.answer.StatusCode != 503 {
		t.Error(refused.answer.Status)
	}
}

func TestASilentConnectionIsKeptAlive(t *testing.T) {
	s := open(t, 40)
	s.detector.Publish(result(1))
	c := s.listen(t)
	c.expect(eventFor(1))
	said := s.feed.listeners.said()
	s.later.Store(keepAlive - 5_000_000_000)
	time.Sleep(2 * shm.MaxSleep) // in which it looks
	if s.feed.listeners.said() != said {
		t.Error("it said something too early")
	}
	s.later.Store(keepAlive)
	c.expect(keepAliveComment)
	now := result(2)
	now.PublishNS = s.feed.Now()
	s.detector.Publish(now)
	c.expect(eventFor(2))
}

// said is when the only listener joined or got a keep-alive.
func (s *listeners) said() (at uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for l := range s.all {
		at = l.said
	}
	return at
}

func TestLevels(t *testing.T) {
	s := open(t, 40)
	s.microphone.Publish(packet(0, -10))
	s.microphone.Publish(packet(1, -80)) // before anybody listens; it is the newest
	c := s.listen(t)
	c.expect("event: level\ndata: {\"rms\": -80.0, \"peak\": -30.5}\n\n")
	for number := range uint64(3) {
		s.microphone.Publish(packet(number+2, -20))
	}
	if got := c.event(); !strings.Contains(got, "-20.0") { // it may be of some of them
		t.Error(got)
	}
	s.soundOn.Store(false)
	time.Sleep(2 * levelPace) // what was heard before
	s.microphone.Publish(packet(10, -10))
	time.Sleep(2 * levelPace)
	s.soundOn.Store(true)
	s.microphone.Publish(packet(11, -30))
	for got := ""; !strings.Contains(got, "-30.0"); {
		if got = c.event(); strings.Contains(got, "-10.0") {
			t.Fatal("it was told while sound was off")
		}
	}
}

func TestNothingIsLeftBehindByClientsThatComeAndGo(t *testing.T) {
	s := open(t, 40)
	for round := range 20 {
		c := s.listen(t)
		s.detector.Publish(result(uint64(round)))
		for c.event() != eventFor(uint64(round)) {
		}
		if round%2 == 0 {
			_ = c.conn.SetLinger(0)
		}
		_ = c.conn.Close()
		s.until(t, func() bool { return s.feed.Listeners() == 0 })
	}
	if got := fmt.Sprint(len(s.feed.listeners.all)); got != "0" {
		t.Error(got)
	}
}
