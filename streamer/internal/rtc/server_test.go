package rtc

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/rtc/rtctest"
)

const frameNS = 33333333

// start makes a server on the loopback. It is closed at the test's end.
func start(t *testing.T, change func(*Options), limits timeouts) *Server {
	t.Helper()
	options := Options{Host: "127.0.0.1", MaxViewers: 16, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	if change != nil {
		change(&options)
	}
	s, err := newServer(options, limits)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// picture makes the access unit of frame n; every tenth is a keyframe. size is that of its largest NAL unit.
func picture(n, size int) h264.AccessUnit {
	nal := func(kind byte, size int) []byte {
		body := bytes.Repeat([]byte{byte(n) | 0x80, 0x55, byte(size) | 1}, size/3+1)
		return append([]byte{0, 0, 0, 1, kind}, body[:size]...)
	}
	au := h264.AccessUnit{Record: uint64(n), CaptureNS: 1e15 + uint64(n)*frameNS, Keyframe: n%10 == 0}
	if au.Keyframe {
		au.Data = bytes.Join([][]byte{nal(0x67, 12), nal(0x68, 4), nal(0x65, size)}, nil)
	} else {
		au.Data = nal(0x41, size)
	}
	return au
}

func publish(s *Server, from, to, size int) {
	for n := from; n <= to; n++ {
		s.Publish(picture(n, size))
	}
}

// join adds a viewer and waits until it is connected.
func join(t *testing.T, s *Server) *rtctest.Viewer {
	t.Helper()
	v := rtctest.New(t)
	v.Accept(answer(t, s, v.Offer()))
	v.Connected()
	return v
}

func answer(t *testing.T, s *Server, offer string) string {
	t.Helper()
	return answerTo(t, s, offer, Client{Remote: netip.MustParseAddr("127.0.0.1")})
}

func answerTo(t *testing.T, s *Server, offer string, client Client) string {
	t.Helper()
	text, err := s.Answer(context.Background(), offer, client)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func expectFrames(t *testing.T, v *rtctest.Viewer, from, to, size int) {
	t.Helper()
	for n := from; n <= to; n++ {
		expectFrame(t, v.Frame(), n, size)
	}
}

func expectFrame(t *testing.T, got rtctest.Frame, n, size int) {
	t.Helper()
	want := picture(n, size)
	if got.Timestamp != h264.RTPTimestamp(want.CaptureNS) {
		t.Fatalf("frame %d has timestamp %d, want %d", n, got.Timestamp, h264.RTPTimestamp(want.CaptureNS))
	}
	if !bytes.Equal(got.Data, want.Data) {
		t.Fatalf("frame %d came as %d bytes, want %d", n, len(got.Data), len(want.Data))
	}
}

// eventually waits for what has no event of its own.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for !holds() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: still not so", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func codeOf(err error) apierror.Code {
	var f *apierror.Error
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}

func TestViewerStartsAtTheNewestKeyframeWithOriginalTimestamps(t *testing.T) {
	s := start(t, nil, defaultTimeouts())
	publish(s, 0, 25, 5000)
	v := join(t, s)
	expectFrames(t, v, 20, 25, 5000)
	publish(s, 26, 31, 5000)
	expectFrames(t, v, 26, 31, 5000)
}

// waiting reads what a subscriber of the hub finds at once: the numbers of pictures, by their time.
func waiting(s *Server) (numbers []int) {
	frames := s.hub.Subscribe()
	defer frames.Close()
	ended, end := context.WithCancel(context.Background())
	end()
	for {
		f, err := frames.Next(ended)
		if err != nil {
			return numbers
		}
		for n := 0; ; n++ {
			if h264.RTPTimestamp(picture(n, 10).CaptureNS) == f.timestamp {
				numbers = append(numbers, n)
				break
			}
		}
	}
}

func TestNobodyBeginsAtAKeyframeOfTwelveSecondsAgo(t *testing.T) {
	s := start(t, nil, defaultTimeouts())
	publish(s, 10, 10, 10)
	late := picture(10+13*30, 10)
	late.Keyframe = false
	for n := range 11*30 + 1 {
		au := picture(11+n, 10)
		au.Keyframe = false
		s.Publish(au)
	}
	if got := waiting(s); len(got) == 0 || got[0] != 10 {
		t.Errorf("got %v, want the group of eleven seconds ago", got)
	}
	s.Publish(late)
	if got := waiting(s); got != nil {
		t.Errorf("got %v, want none", got)
	}
	publish(s, 410, 412, 10)
	if got := waiting(s); !slices.Equal(got, []int{410, 411, 412}) {
		t.Errorf("got %v, want the group that began now", got)
	}
}

func TestPicturesThatReferToMissingOnesAreNotSent(t *testing.T) {
	s := start(t, nil, defaultTimeouts())
	publish(s, 10, 12, 10)
	frames := s.hub.Subscribe()
	defer frames.Close()
	torn := picture(14, 10)
	torn.Discontinuity = true
	s.Publish(torn)
	publish(s, 15, 19, 10)
	if got := waiting(s); got != nil {
		t.Errorf("a new viewer begins at %v", got)
	}
	publish(s, 20, 21, 10)
	for _, n := range []int{10, 11, 12, 20, 21} {
		f, err := frames.Next(context.Background())
		if err != nil || f.timestamp != h264.RTPTimestamp(picture(n, 10).CaptureNS) {
			t.Errorf("got a frame of %d, %v, want %d", f.timestamp, err, n)
		}
	}
}

func TestAllViewersGetTheSameTimestamps(t *testing.T) {
	s := start(t, nil, defaultTimeouts())
	publish(s, 0, 3, 3000)
	a := join(t, s)
	expectFrames(t, a, 0, 3, 3000)
	b := join(t, s)
	expectFrames(t, b, 0, 3, 3000)
	publish(s, 4, 30, 3000)
	expectFrames(t, a, 4, 30, 3000)
	expectFrames(t, b, 4, 30, 3000)
}

func TestKeyframesSignalZeroPlayoutDelay(t *testing.T) {
	s := start(t, nil, defaultTimeouts())
	publish(s, 0, 1, 100)
	v := join(t, s)
	key, other := v.Frame(), v.Frame()
	ids := key.Packets[0].GetExtensionIDs()
	if len(ids) != 1 || !bytes.Equal(key.Packets[0].GetExtension(ids[0]), []byte{0, 0, 0}) {
		t.Fatalf("extensions %v", ids)
	}
	if other.Packets[0].Extension {
		t.Fatal("other frames carry an extension")
	}
}

func TestNACKedPacketIsRetransmitted(t *testing.T) {
	s := start(t, nil, defaultTimeouts())
	publish(s, 0, 12, 5000)
	v := join(t, s)
	first := v.Frame()
	expectFrames(t, v, 11, 12, 5000)
	lost := first.Packets[3]
	v.Send(&rtcp.TransportLayerNack{MediaSSRC: lost.SSRC, Nacks: rtcp.NackPairsFromSequenceNumbers([]uint16{lost.SequenceNumber})})
	eventually(t, "the retransmission", func() bool { return s.Stats().Retransmitted == 1 })
	// SRTP drops the copy at a viewer that has the packet already, so stream_test.go compares the packets.
}

func TestPLIResendsTheCurrentGroupOfPictures(t *testing.T) {
	limits := defaultTimeouts()
	limits.loss = time.Hour
	s := start(t, nil, limits)
	publish(s, 0, 12, 5000)
	v := join(t, s)
	first := v.Frame()
	expectFrames(t, v, 11, 12, 5000)
	once := s.Stats().Bytes                                // of all but perhaps the last frame
	eventually(t, "the group is sent again", func() bool { // not in the first second, which the group has just covered
		v.Send(&rtcp.PictureLossIndication{MediaSSRC: first.Packets[0].SSRC})
		return s.Stats().Bytes > once+10_000
	})
	last := v.Frame()
	if last.Timestamp != first.Timestamp || !bytes.Equal(last.Data, first.Data) {
		t.Fatal("the group does not come again from its keyframe on")
	}
	expectFrames(t, v, 11, 12, 5000)
}

func TestPLIToASilentCameraIsAnsweredOnceThereIsSomethingNewer(t *testing.T) {
	limits := defaultTimeouts()
	limits.loss = 0
	s := start(t, nil, limits)
	publish(s, 10, 12, 5000)
	v := join(t, s)
	first := v.Frame()
	expectFrames(t, v, 11, 12, 5000)
	for began := time.Now(); time.Since(began) < minRestartInterval+minRestartInterval/2; time.Sleep(50 * time.Millisecond) {
		v.Send(&rtcp.PictureLossIndication{MediaSSRC: first.Packets[0].SSRC})
	}
	publish(s, 20, 21, 5000)
	expectFrames(t, v, 20, 21, 5000) // not the old group, nor the new one twice
}

func TestANewViewerOfASilentCameraIsSentNothingOld(t *testing.T) {
	s := start(t, func(options *Options) { options.Silent = func() bool { return true } }, defaultTimeouts())
	publish(s, 10, 12, 100)
	v := join(t, s)
	eventually(t, "it watches", func() bool { return s.Viewers() == 1 })
	publish(s, 20, 21, 100)
	expectFrames(t, v, 20, 21, 100)
}

func TestPLIOfAWHEPClientIsAnsweredOnlyAfterReportedLoss(t *testing.T) {
	limits := defaultTimeouts()
	limits.loss = time.Hour
	s := start(t, nil, limits)
	publish(s, 0, 12, 5000)
	v := rtctest.New(t)
	v.Accept(answerTo(t, s, v.Offer(), Client{Remote: netip.MustParseAddr("127.0.0.1"), ID: "program"}))
	first := v.Frame()
	expectFrames(t, v, 11, 12, 5000)
	asked := rtcp.PictureLossIndication{MediaSSRC: first.Packets[0].SSRC}
	report := func(lost uint8) *rtcp.ReceiverReport {
		return &rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: asked.MediaSSRC, FractionLost: lost},
			{SSRC: asked.MediaSSRC + 1, FractionLost: 255}}} // of the sound
	}
	for began := time.Now(); time.Since(began) < minRestartInterval+minRestartInterval/2; time.Sleep(50 * time.Millisecond) {
		v.Send(report(0), &asked)
	}
	publish(s, 13, 13, 5000)
	expectFrames(t, v, 13, 13, 5000) // not the group
	v.Send(report(1))
	v.Send(&asked)
	expectFrames(t, v, 10, 13, 5000)
}

func TestSenderReportMapsTheTimestampToWallClockTime(t *testing.T) {
	s := start(t, nil, defaultTimeouts())
	publish(s, 0, 0, 100)
	v := join(t, s)
	v.Frame()
	report, ok := v.Report().(*rtcp.SenderReport)
	if !ok {
		t.Fatal("the first RTCP packet is not a sender report")
	}
	if age := h264.RTPTimestamp(monotonic()) - report.RTPTime; age > 20*90000 {
		t.Fatalf("the report is %d ticks off", age)
	}
	if age := int64(ntp(time.Now())>>32) - int64(report.NTPTime>>32); age < 0 || age > 20 {
		t.Fatalf("the report is %d s off", age)
	}
}

func TestHandshakeThatIsNotCompletedTimesOut(t *testing.T) {
	limits := defaultTimeouts()
	limits.handshake = 100 * time.Millisecond
	s := start(t, nil, limits)
	offer := rtctest.New(t).Offer()
	before := runtime.NumGoroutine()
	answer(t, s, offer) // which the viewer never gets
	eventually(t, "its viewer is removed", func() bool { return s.count() == 0 })
	eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= before })
}

func TestViewerThatStopsRespondingIsRemoved(t *testing.T) {
	s := start(t, nil, timeouts{handshake: 10 * time.Second, disconnected: time.Second, failed: time.Second, keepalive: 100 * time.Millisecond})
	v := join(t, s)
	eventually(t, "it is counted", func() bool { return s.Viewers() == 1 })
	v.Cut(true)
	eventually(t, "it is no longer counted", func() bool { return s.Viewers() == 0 && s.count() == 0 })
}

func TestViewerThatReconnectsInTimeContinues(t *testing.T) {
	s := start(t, nil, timeouts{handshake: 10 * time.Second, disconnected: time.Second, failed: time.Minute, keepalive: 100 * time.Millisecond})
	v := join(t, s)
	publish(s, 0, 5, 100)
	expectFrames(t, v, 0, 5, 100)
	v.Cut(true)
	before := s.Stats().Bytes
	publish(s, 6, 9, 100)
	eventually(t, "they were sent and lost", func() bool { return s.Stats().Bytes > before+400 })
	v.Cut(false)
	publish(s, 10, 12, 100)
	for v.Frame().Timestamp != h264.RTPTimestamp(picture(10, 100).CaptureNS) { // some may still have come before it
	}
	expectFrames(t, v, 11, 12, 100)
}

func TestViewersThatLeaveLeakNoGoroutines(t *testing.T) {
	s := start(t, nil, defaultTimeouts())
	publish(s, 0, 5, 1000)
	before := runtime.NumGoroutine()
	for range 5 {
		v := join(t, s)
		v.Frame()
		v.Close()
	}
	eventually(t, "all have left", func() bool { return s.count() == 0 })
	eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= before })
}

func TestCloseDisconnectsAllViewersAndRefusesNewOnes(t *testing.T) {
	s := start(t, nil, defaultTimeouts())
	publish(s, 0, 0, 100)
	v := join(t, s)
	v.Frame() // in the first millisecond of a connection pion may say nothing
	answer(t, s, rtctest.New(t).Offer())
	s.Close()
	v.Left()
	if _, err := s.Answer(context.Background(), rtctest.New(t).Offer(), Client{}); codeOf(err) != apierror.TooManyViewers {
		t.Fatal(err)
	}
	if s.count() != 0 {
		t.Fatal("a viewer is left")
	}
}

// count is how many viewers there are, connected or not.
func (s *Server) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.viewers)
}
