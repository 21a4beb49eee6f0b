package rtc

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/rtc/rtctest"
)

func TestViewersAboveTheMaximumAreRefusedUntilOneLeaves(t *testing.T) {
	s := start(t, func(o *Options) { o.MaxViewers = 1 }, defaultTimeouts())
	first := join(t, s)
	_, err := s.Answer(context.Background(), rtctest.New(t).Offer(), Client{})
	if codeOf(err) != apierror.TooManyViewers {
		t.Fatal(err)
	}
	first.Close()
	eventually(t, "the viewer that left is removed", func() bool { return s.count() == 0 })
	publish(s, 0, 0, 100)
	expectFrames(t, join(t, s), 0, 0, 100)
}

func TestEndingASessionDisconnectsItsViewersOnly(t *testing.T) {
	s := start(t, nil, defaultTimeouts())
	stays, leaves := rtctest.New(t), rtctest.New(t)
	stays.Accept(answerTo(t, s, stays.Offer(), Client{Session: "other"}))
	leaves.Accept(answerTo(t, s, leaves.Offer(), Client{Session: "mine"}))
	stays.Connected()
	leaves.Connected()
	eventually(t, "both watch", func() bool { return s.Viewers() == 2 }) // DTLS can only then send its close
	if n := s.EndSession("mine"); n != 1 {
		t.Fatalf("%d viewers were disconnected", n)
	}
	leaves.Left()
	eventually(t, "one viewer is left", func() bool { return s.count() == 1 })
	if n := s.EndSession(""); n != 1 {
		t.Fatalf("%d viewers of any session were disconnected", n)
	}
	stays.Left()
}

func TestViewerIsDisconnectedWhenItsSessionExpires(t *testing.T) {
	s := start(t, nil, defaultTimeouts())
	v := rtctest.New(t)
	begin := time.Now()
	v.Accept(answerTo(t, s, v.Offer(), Client{Session: "mine", Until: begin.Add(time.Second)}))
	v.Connected()
	v.Left()
	if time.Since(begin) < time.Second {
		t.Fatal("it was disconnected before that")
	}
}

func TestOneClientGetsAtMostHalfOfTheViewers(t *testing.T) {
	s := start(t, func(o *Options) { o.MaxViewers = 4 }, defaultTimeouts())
	ask := func(client Client) apierror.Code {
		_, err := s.Answer(context.Background(), rtctest.New(t).Offer(), client)
		return codeOf(err)
	}
	phone, tablet := Client{Remote: netip.MustParseAddr("192.0.2.1")}, Client{Remote: netip.MustParseAddr("192.0.2.1"), Session: "s"}
	for _, c := range []struct {
		client Client
		want   apierror.Code
	}{
		{phone, ""}, {phone, ""}, {phone, apierror.TooManyViewers}, // of one address
		{tablet, ""}, {tablet, ""}, {tablet, apierror.TooManyViewers}, // of one session
	} {
		if got := ask(c.client); got != c.want {
			t.Fatalf("%+v: %q", c.client, got)
		}
	}
	s.EndSession("")
	eventually(t, "all have left", func() bool { return s.count() == 0 })
	for range 4 { // through petcam-web, without sessions
		if got := ask(Client{Remote: netip.MustParseAddr("127.0.0.1")}); got != "" {
			t.Fatal(got)
		}
	}
}
