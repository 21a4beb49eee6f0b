package rtc

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/rtc/rtctest"
)

// FuzzAnswer tries offers of any kind: each is answered or refused as a BadOffer, and leaves no viewer behind.
func FuzzAnswer(f *testing.F) {
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	s, err := New(Options{Host: "127.0.0.1", MaxViewers: 4, Log: log})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(s.Close)
	f.Add(rtctest.New(f).Offer())
	f.Add(offerWith("96:packetization-mode=1;profile-level-id=42e01f"))
	f.Fuzz(func(t *testing.T, offer string) {
		_, err := s.Answer(context.Background(), offer, Client{})
		var refused *apierror.Error
		switch {
		case err == nil:
			s.EndSession("")
			eventually(t, "it has left", func() bool { return s.count() == 0 })
		case !errors.As(err, &refused) || refused.Code != apierror.BadOffer:
			t.Fatal(err)
		}
	})
}
