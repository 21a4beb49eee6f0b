package record

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/mp4/mp4test"
)

// sent is what a Rewind writes; after each write it calls something.
type sent struct {
	bytes.Buffer
	writes int
	after  func(writes int)
}

func (s *sent) Write(piece []byte) (int, error) {
	s.writes++
	n, err := s.Buffer.Write(piece)
	if s.after != nil {
		s.after(s.writes)
	}
	return n, err
}

// rewound sends all that there is, and gives the Rewind and the name of a file with what it sent.
func (h *harness) rewound(back time.Duration) (*Rewind, string) {
	h.t.Helper()
	w, err := h.Rewind(back)
	if err != nil {
		h.t.Fatal(err)
	}
	defer w.Close()
	to, ctx := &sent{}, h.whenRead(h.beside())
	if err := w.Send(ctx, to, time.Hour); err != nil {
		h.t.Error(err)
	}
	path := h.path("sent.mp4")
	if err := os.MkdirAll(h.dir, 0o750); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(path, to.Bytes(), 0o600); err != nil {
		h.t.Fatal(err)
	}
	return w, path
}

// whenRead gives a context that ends once all is read.
func (h *harness) whenRead(source *fakeSource) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	source.mu.Lock()
	source.waiting = false
	source.mu.Unlock()
	go func() {
		defer cancel()
		source.waitUntilRead()
	}()
	return ctx
}

// inRTPTime are the packets of the access units, with times that differ as their RTP timestamps do.
func inRTPTime(units []h264.AccessUnit) []mp4test.Packet {
	packets := mp4test.Expect(units)
	for i, au := range units {
		packets[i].Ticks = int64(h264.RTPTimestamp(au.CaptureNS) - h264.RTPTimestamp(units[0].CaptureNS))
	}
	return packets
}

func TestARewindIsAnMP4FromTheKeyframeBeforeTheMomentOn(t *testing.T) {
	units := seconds(t, 6)
	r := newPast(t, units, nil)
	w, path := r.rewound(2500 * time.Millisecond)
	if got := mp4test.Packets(t, path); !slices.Equal(got, inRTPTime(units[3*30:])) {
		t.Errorf("it has %d frames, want %d, or others than these", len(got), 3*30)
	}
	mp4test.Plays(t, path)
	sps := units[0].Data[bytes.Index(units[0].Data, []byte{0, 0, 1, 0x67})+4:]
	if want := fmt.Sprintf(`video/mp4; codecs="avc1.%02x%02x%02x"`, sps[0], sps[1], sps[2]); w.Type != want {
		t.Errorf("its type is %s, want %s", w.Type, want)
	}
	if w.FirstNS != units[90].CaptureNS || (w.Held-w.Age).Round(time.Millisecond) != 3*time.Second {
		t.Errorf("it begins %v ago, and %v could be gone back", w.Age, w.Held)
	}
}

func TestARewindFollowsTheCameraUntilItsViewerLeaves(t *testing.T) {
	units := seconds(t, 4)
	r := newPast(t, units[:60], nil)
	w, err := r.Rewind(time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	ctx, cancel := context.WithCancel(context.Background())
	to := &sent{after: func(writes int) {
		switch writes {
		case 60: // the head, and all but the last picture, whose duration is not known yet
			r.beside().publish(units[60:]...)
		case 120:
			cancel()
		}
	}}
	if err := w.Send(ctx, to, time.Hour); err != nil || to.writes != 121 {
		t.Errorf("%v after %d writes", err, to.writes)
	}
}

func TestARewindIsNoLongerThanAskedFor(t *testing.T) {
	r := newPast(t, seconds(t, 3), nil)
	w, err := r.Rewind(time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	to := &sent{}
	if err := w.Send(context.Background(), to, time.Second); err != nil || to.writes != 1+31 {
		t.Errorf("%v after %d writes", err, to.writes)
	}
}

func TestARewindEndsBeforeWhatAnotherTrackWouldHaveToHold(t *testing.T) {
	units := slices.Concat(seconds(t, 2), mp4test.Clip(t, "baseline", 320, 240, 60, 0))
	_, now := bothClocks()
	for i := range units {
		units[i].CaptureNS = now - uint64(len(units)-i)*1e9/30
	}
	r := newPast(t, units, nil)
	_, path := r.rewound(time.Minute)
	if got := mp4test.Packets(t, path); len(got) != 60 {
		t.Errorf("it has %d frames", len(got))
	}
}

func TestARewindLeavesOutWhatRefersToMissingPictures(t *testing.T) {
	units := seconds(t, 3)
	units[40].Discontinuity = true
	r := newPast(t, units, nil)
	_, path := r.rewound(time.Minute)
	if got := mp4test.Packets(t, path); !slices.Equal(got, inRTPTime(slices.Concat(units[:40], units[60:]))) {
		t.Errorf("it has %d frames", len(got))
	}
}

func TestARewindEndsWithACameraThatSendsNothing(t *testing.T) {
	units := seconds(t, 1)
	r := newPast(t, units, nil)
	w, err := r.Rewind(time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	to := &sent{}
	if err := w.Send(context.Background(), to, time.Hour); err != nil || to.writes != 31 {
		t.Errorf("%v after %d writes", err, to.writes)
	}
}

func TestWithoutVideoThereIsNoRewind(t *testing.T) {
	old := seconds(t, 1)
	for i := range old {
		old[i].CaptureNS -= uint64(2 * time.Minute)
	}
	for name, units := range map[string][]h264.AccessUnit{"none": nil, "no keyframe": seconds(t, 1)[1:], "old": old} {
		t.Run(name, func(t *testing.T) {
			_, err := newPast(t, units, nil).Rewind(10 * time.Second)
			wantError(t, err, apierror.NoVideo, "amera")
		})
	}
}

func TestSoManyLookBackAtOnceAndNoMore(t *testing.T) {
	r := newPast(t, seconds(t, 1), nil)
	var open []*Rewind
	for range maxRewinds {
		w, err := r.Rewind(time.Second)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, w)
	}
	_, err := r.Rewind(time.Second)
	wantError(t, err, apierror.TooManyViewers, "8")
	open[0].Close()
	again, err := r.Rewind(time.Second)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range append(open[1:], again) {
		w.Close()
	}
	if left := r.rewinds.Load(); left != 0 {
		t.Errorf("%d are left", left)
	}
}
