package rtc

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"petcam/streamer/internal/fault"
	"petcam/streamer/internal/rtc/rtctest"
)

func TestTooManyViewersAreRefusedUntilOneLeaves(t *testing.T) {
	s := start(t, func(o *Options) { o.MaxViewers = 1 }, usualPatience())
	first := join(t, s)
	_, err := s.Answer(context.Background(), rtctest.New(t).Offer(), Guest{})
	if codeOf(err) != fault.TooManyViewers {
		t.Fatal(err)
	}
	first.Close()
	eventually(t, "the viewer that said goodbye is gone", func() bool { return s.count() == 0 })
	publish(s, 0, 0, 100)
	expectFrames(t, join(t, s), 0, 0, 100)
}

func TestEndedSessionsViewersLeaveAtOnce(t *testing.T) {
	s := start(t, nil, usualPatience())
	stays, leaves := rtctest.New(t), rtctest.New(t)
	stays.Accept(answerTo(t, s, stays.Offer(), Guest{Session: "other"}))
	leaves.Accept(answerTo(t, s, leaves.Offer(), Guest{Session: "mine"}))
	stays.Connected()
	leaves.Connected()
	eventually(t, "both watch", func() bool { return s.Viewers() == 2 }) // earlier there is nothing to say goodbye by
	if n := s.EndSession("mine"); n != 1 {
		t.Fatalf("%d viewers were sent away", n)
	}
	leaves.Left()
	eventually(t, "the place is free", func() bool { return s.count() == 1 })
	if n := s.EndSession(""); n != 1 {
		t.Fatalf("%d viewers of any session were sent away", n)
	}
	stays.Left()
}

func TestViewerLeavesWhenItsSessionEndsForGood(t *testing.T) {
	s := start(t, nil, usualPatience())
	v := rtctest.New(t)
	begin := time.Now()
	v.Accept(answerTo(t, s, v.Offer(), Guest{Session: "mine", Until: begin.Add(time.Second)}))
	v.Connected()
	v.Left()
	if time.Since(begin) < time.Second {
		t.Fatal("it left before the end")
	}
}

func TestOneGuestTakesHalfOfThePlacesAtMost(t *testing.T) {
	s := start(t, func(o *Options) { o.MaxViewers = 4 }, usualPatience())
	ask := func(guest Guest) fault.Code {
		_, err := s.Answer(context.Background(), rtctest.New(t).Offer(), guest)
		return codeOf(err)
	}
	phone, tablet := Guest{Remote: netip.MustParseAddr("192.0.2.1")}, Guest{Remote: netip.MustParseAddr("192.0.2.1"), Session: "s"}
	for _, c := range []struct {
		guest Guest
		want  fault.Code
	}{
		{phone, ""}, {phone, ""}, {phone, fault.TooManyViewers}, // of one address
		{tablet, ""}, {tablet, ""}, {tablet, fault.TooManyViewers}, // of one session
	} {
		if got := ask(c.guest); got != c.want {
			t.Fatalf("%+v: %q", c.guest, got)
		}
	}
	s.EndSession("")
	eventually(t, "all have left", func() bool { return s.count() == 0 })
	for range 4 { // through petcam-web, without sessions
		if got := ask(Guest{Remote: netip.MustParseAddr("127.0.0.1")}); got != "" {
			t.Fatal(got)
		}
	}
}
