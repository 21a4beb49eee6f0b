package rtc

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"net/netip"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/microphone"
	"petcam/streamer/internal/rtc/rtctest"
	"petcam/streamer/internal/sound"
)

// room is what a microphone hears in these tests: the packets that they say.
type room struct {
	said   chan sound.Packet
	closed chan struct{} // has an element once nobody listens any more
}

func (r *room) Newest() {}
func (r *room) Close() {
	select {
	case r.closed <- struct{}{}:
	default:
	}
}

func (r *room) Next(ctx context.Context, to *sound.Packet) error {
	select {
	case *to = <-r.said:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (r *room) Poll(to *sound.Packet) bool {
	select {
	case *to = <-r.said:
		return true
	default:
		return false
	}
}

// say has the n-th packet of 20 ms heard, which nobody takes where nobody listens.
func (r *room) say(t *testing.T, n int) {
	t.Helper()
	select {
	case r.said <- word(n):
	case <-time.After(20 * time.Second):
		t.Fatal("nobody listens")
	}
}

// word is the n-th packet of 20 ms; its timestamp is soundTimestamp(n). It has two frames, so that it is sent alone.
func word(n int) sound.Packet {
	return sound.Packet{CaptureNS: 1e15 + uint64(n)*sound.PacketNS, PublishNS: math.MaxUint64 / 2, Samples: 960,
		Data: fmt.Appendf([]byte{0x79}, "word %d", n)}
}

func soundTimestamp(n int) uint32 { return uint32(uint64(48e9) + uint64(n)*960) }

// startWithSound makes a server with a microphone.
func startWithSound(t *testing.T) (*Server, *room) {
	t.Helper()
	heard := &room{said: make(chan sound.Packet), closed: make(chan struct{}, 1)}
	m := microphone.New(microphone.Options{Open: func() microphone.Source { return heard }, On: func() bool { return true }, Now: monotonic})
	t.Cleanup(m.Close)
	return start(t, func(o *Options) { o.Microphone = m }, defaultTimeouts()), heard
}

// page is the client of a page's viewer of that name.
func page(name string) Client { return Client{Remote: netip.MustParseAddr("127.0.0.1"), Page: name} }

// joinAs adds a viewer and waits until it watches.
func joinAs(t *testing.T, s *Server, client Client, options ...rtctest.Option) *rtctest.Viewer {
	t.Helper()
	before := s.Viewers()
	v := rtctest.New(t, options...)
	v.Accept(answerTo(t, s, v.Offer(), client))
	v.Connected()
	eventually(t, "it watches", func() bool { return s.Viewers() == before+1 })
	return v
}

func turn(t *testing.T, s *Server, name string, on bool) {
	t.Helper()
	if err := s.Listen(name, on); err != nil {
		t.Fatal(err)
	}
}

func expectWord(t *testing.T, got *rtp.Packet, n int) {
	t.Helper()
	if want := word(n); got.Timestamp != soundTimestamp(n) || !bytes.Equal(got.Payload, want.Data) {
		t.Fatalf("got %q at %d, want word %d at %d", got.Payload, got.Timestamp, n, soundTimestamp(n))
	}
}

func TestAPageHearsFromItsRequestOnUntilItAsksForSilence(t *testing.T) {
	s, room := startWithSound(t)
	v := joinAs(t, s, page("one"), rtctest.WithSound)
	turn(t, s, "one", true)
	turn(t, s, "one", true)
	var last *rtp.Packet
	for n := range 3 {
		room.say(t, n)
		got := v.Sound()
		expectWord(t, got, n)
		if got.Marker != (n == 0) || last != nil && got.SequenceNumber != last.SequenceNumber+1 {
			t.Errorf("word %d has %v", n, got.Header)
		}
		last = got
	}
	turn(t, s, "one", false)
	<-room.closed // the segment is not even read
	if s.Listeners() != 0 {
		t.Error("it counts as a listener")
	}
	turn(t, s, "one", true)
	room.say(t, 500) // ten seconds later
	got := v.Sound()
	expectWord(t, got, 500)
	if !got.Marker || got.SequenceNumber != last.SequenceNumber+1 {
		t.Errorf("after the silence comes %v, before it was %v", got.Header, last.Header)
	}
}

func TestSoundThatIsAskedForBeforeTheConnectionIsUpBeginsWithIt(t *testing.T) {
	s, room := startWithSound(t)
	v := rtctest.New(t, rtctest.WithSound)
	text := answerTo(t, s, v.Offer(), page("one"))
	turn(t, s, "one", true)
	v.Accept(text)
	room.say(t, 0)
	expectWord(t, v.Sound(), 0)
}

func TestAProgramHearsAtOnce(t *testing.T) {
	s, room := startWithSound(t)
	v := joinAs(t, s, whepClient, rtctest.WithSound)
	publish(s, 0, 2, 100)
	expectFrames(t, v, 0, 2, 100)
	silence := v.Sound() // by which it knows that there is such a track
	if age := microphone.TimestampAt(monotonic(), 0) - silence.Timestamp; !bytes.Equal(silence.Payload, sound.Silence) ||
		age < sound.Rate || age > 60*sound.Rate {
		t.Errorf("it begins with %v, %d samples ago", silence, age)
	}
	room.say(t, 0)
	word := v.Sound()
	expectWord(t, word, 0)
	if word.SequenceNumber != silence.SequenceNumber+1 {
		t.Errorf("%v follows %v", word.Header, silence.Header)
	}
}

func TestAllListenersHearTheSame(t *testing.T) {
	s, room := startWithSound(t)
	first, second := joinAs(t, s, page("one"), rtctest.WithSound), joinAs(t, s, page("two"), rtctest.WithAudioFirst)
	turn(t, s, "one", true)
	room.say(t, 0)
	expectWord(t, first.Sound(), 0)
	turn(t, s, "two", true)
	for n := 1; n < 4; n++ {
		room.say(t, n)
		expectWord(t, first.Sound(), n)
		expectWord(t, second.Sound(), n)
	}
	first.Close()
	eventually(t, "it has left", func() bool { return s.Listeners() == 1 })
	room.say(t, 4)
	expectWord(t, second.Sound(), 4)
}

func TestAViewerThatNeverAsksIsSentWhatOneWithoutSoundIs(t *testing.T) {
	s, room := startWithSound(t)
	listener := joinAs(t, s, page("listener"), rtctest.WithSound)
	turn(t, s, "listener", true)
	without, quiet := joinAs(t, s, page("without")), joinAs(t, s, page("quiet"), rtctest.WithSound)
	room.say(t, 0)
	for n := range 40 { // a second and more, in which reports are due
		publish(s, n, n, 3000)
		if n%10 == 0 {
			room.say(t, n+1)
		}
		a, b := without.Frame(), quiet.Frame()
		expectFrame(t, a, n, 3000)
		expectFrame(t, b, n, 3000)
		for i := range a.Packets {
			if x, y := a.Packets[i], b.Packets[i]; x.MarshalSize() != y.MarshalSize() || x.Extension != y.Extension {
				t.Fatalf("frame %d: %v, %v", n, x, y)
			}
		}
		time.Sleep(frameNS / 4)
	}
	listener.Sound()
	if packet := quiet.SoundWithin(0); packet != nil {
		t.Errorf("sound comes unasked: %v", packet)
	}
	if a, b := len(reportsOf(without)), len(reportsOf(quiet)); a != b && a+1 != b && b+1 != a { // each at its own time
		t.Errorf("%d reports come instead of %d", b, a)
	}
}

// reportsOf are the sender reports that have come.
func reportsOf(v *rtctest.Viewer) (all []*rtcp.SenderReport) {
	for packet := v.ReportWithin(100 * time.Millisecond); packet != nil; packet = v.ReportWithin(0) {
		if report, is := packet.(*rtcp.SenderReport); is {
			all = append(all, report)
		}
	}
	return all
}

func TestBothSenderReportsComeWithTheFirstSoundAndSayTheSameMoment(t *testing.T) {
	s, room := startWithSound(t)
	v := joinAs(t, s, page("one"), rtctest.WithSound)
	publish(s, 0, 0, 100)
	picture := v.Frame().Packets[0]
	reportsOf(v)
	turn(t, s, "one", true)
	room.say(t, 0)
	heard := v.Sound()
	var video, voice *rtcp.SenderReport
	for video == nil || voice == nil {
		report, is := v.Report().(*rtcp.SenderReport)
		switch {
		case is && report.SSRC == picture.SSRC:
			video = report
		case is && report.SSRC == heard.SSRC:
			voice = report
		}
	}
	if video.NTPTime != voice.NTPTime || voice.PacketCount != 1 || voice.OctetCount != uint32(len(word(0).Data)) {
		t.Errorf("%+v\n%+v", video, voice)
	}
	// How long ago that moment was, by the timestamps of each: word(0) has the sound's of its own capture time.
	now := monotonic()
	byVideo := float64(h264.RTPTimestamp(now)-video.RTPTime) / clockRate
	bySound := float64(microphone.TimestampAt(now, 0)-voice.RTPTime) / sound.Rate
	if math.Abs(byVideo-bySound) > 0.0001 {
		t.Errorf("by the pictures it was %v s ago, by the sound %v s", byVideo, bySound)
	}
}

func TestSoundGoesOnWhereTheCameraSendsNoPictures(t *testing.T) {
	s, room := startWithSound(t)
	v := joinAs(t, s, page("one"), rtctest.SoundOnly)
	turn(t, s, "one", true)
	room.say(t, 0)
	expectWord(t, v.Sound(), 0)
	if reports := reportsOf(v); len(reports) != 1 {
		t.Errorf("the reports are %v", reports)
	}
	v.Close()
	eventually(t, "it has left", func() bool { return s.count() == 0 })
}

func TestPicturesOfAListenerMayWaitForTheSound(t *testing.T) {
	s, room := startWithSound(t)
	v := joinAs(t, s, page("one"), rtctest.WithSound)
	turn(t, s, "one", true)
	room.say(t, 0)
	publish(s, 0, 10, 100)
	for range 10 {
		v.Frame()
	}
	key := v.Frame().Packets[0]
	if got := key.GetExtension(key.GetExtensionIDs()[0]); !bytes.Equal(got, []byte{0, listenersDelay << 4, 50}) {
		t.Errorf("it is told %v", got)
	}
	turn(t, s, "one", false)
	publish(s, 11, 20, 100)
	for range 9 {
		v.Frame()
	}
	key = v.Frame().Packets[0]
	if got := key.GetExtension(key.GetExtensionIDs()[0]); !bytes.Equal(got, []byte{0, 0, 0}) {
		t.Errorf("afterwards it is told %v", got)
	}
}

func TestWhoCannotHearIsSaid(t *testing.T) {
	s, _ := startWithSound(t)
	joinAs(t, s, page("without"))
	joinAs(t, s, whepClient, rtctest.WithSound)
	for name, code := range map[string]apierror.Code{"without": apierror.NotPossible, "nobody": apierror.NotFound, "": apierror.NotFound} {
		if err := s.Listen(name, true); codeOf(err) != code {
			t.Errorf("%s: %v", name, err)
		}
	}
	deaf := start(t, nil, defaultTimeouts())
	joinAs(t, deaf, page("one"), rtctest.WithSound)
	if err := deaf.Listen("one", true); codeOf(err) != apierror.NotPossible {
		t.Error(err)
	}
}

func TestListenersThatLeaveLeakNoGoroutines(t *testing.T) {
	s, room := startWithSound(t)
	before := runtime.NumGoroutine()
	for n := range 3 {
		v := joinAs(t, s, page("one"), rtctest.WithSound)
		turn(t, s, "one", true)
		room.say(t, n)
		expectWord(t, v.Sound(), n)
		v.Close()
		eventually(t, "it has left", func() bool { return s.count() == 0 })
	}
	eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= before })
}

func TestRequestsFromAllSidesLeaveASingleListener(t *testing.T) {
	s, room := startWithSound(t)
	v := joinAs(t, s, page("one"), rtctest.WithSound)
	var asking atomic.Int32
	for range 4 {
		asking.Add(1)
		go func() {
			defer asking.Add(-1)
			for n := range 50 {
				_ = s.Listen("one", n%2 == 0)
			}
		}()
	}
	eventually(t, "all have asked", func() bool { return asking.Load() == 0 })
	turn(t, s, "one", true)
	room.say(t, 0)
	expectWord(t, v.Sound(), 0)
	if again := v.SoundWithin(50 * time.Millisecond); again != nil {
		t.Errorf("it hears twice: %v", again)
	}
}

// audio is a medium of an offer with formats, each given as "payload type:rtpmap".
func audio(mid, direction string, formats ...string) string {
	var types, lines []string
	for _, format := range formats {
		payloadType, name, _ := strings.Cut(format, ":")
		types = append(types, payloadType)
		lines = append(lines, "a=rtpmap:"+payloadType+" "+name+"\r\n")
	}
	return "m=audio 9 UDP/TLS/RTP/SAVPF " + strings.Join(types, " ") + "\r\nc=IN IP4 0.0.0.0\r\na=mid:" + mid +
		"\r\na=rtcp-mux\r\na=" + direction + "\r\n" + strings.Join(lines, "")
}

func TestOffersOfSoundAreAnsweredAsTheyAre(t *testing.T) {
	stereo := audio("1", "recvonly", "109:opus/48000/2", "9:G722/8000") + "a=fmtp:109 maxplaybackrate=48000;stereo=1;sprop-stereo=1;useinbandfec=1\r\n"
	opus := audio("1", "recvonly", "0:PCMU/8000", "111:opus/48000/2")
	for name, c := range map[string]struct {
		offered string
		port    string // of the answer's audio
		wants   string
	}{
		"Opus":                    {opus, "9", "a=rtpmap:111 opus/48000/2"},
		"Opus in stereo":          {stereo, "9", "a=rtpmap:109 opus/48000/2"},
		"sound both ways":         {strings.Replace(opus, "recvonly", "sendrecv", 1), "9", "a=sendonly"},
		"PCMU only":               {audio("1", "recvonly", "0:PCMU/8000"), "0", ""},
		"Opus in mono":            {audio("1", "recvonly", "111:opus/48000"), "0", ""},
		"audio inactive":          {strings.Replace(opus, "recvonly", "inactive", 1), "0", ""},
		"audio to be sent":        {strings.Replace(opus, "recvonly", "sendonly", 1), "0", ""},
		"audio turned down":       {strings.Replace(opus, "m=audio 9", "m=audio 0", 1), "0", ""},
		"a connection of its own": {strings.Replace(opus, "a=mid:1", "a=mid:9", 1), "0", ""},
		"two, second Opus":        {audio("1", "recvonly", "0:PCMU/8000") + audio("2", "recvonly", "111:opus/48000/2"), "0", ""},
		"two of Opus":             {opus + audio("2", "recvonly", "111:opus/48000/2"), "9", "a=sendonly"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := startWithSound(t)
			v := rtctest.New(t)
			bundled := func(offer string) string { return strings.Replace(offer, "BUNDLE 0", "BUNDLE 0 1 2", 1) + c.offered }
			text := answerTo(t, s, bundled(v.Offer()), page("one"))
			_, answered, _ := strings.Cut(text, "m=audio ")
			if port, _, _ := strings.Cut(answered, " "); port != c.port || !strings.Contains(answered, c.wants) {
				t.Errorf("the audio is answered by\n%s", answered)
			}
			hears := codeOf(s.Listen("one", true)) == ""
			if hears != (c.port != "0") {
				t.Errorf("it can hear: %v", hears)
			}
			deaf := start(t, nil, defaultTimeouts())
			if text := answerTo(t, deaf, bundled(rtctest.New(t).Offer()), page("one")); !strings.Contains(text, "m=audio 0 ") {
				t.Errorf("without a microphone the answer is\n%s", text)
			}
		})
	}
}

func TestWhoAsksForVideoThatCannotBeHadIsRefusedWhereSoundCouldBe(t *testing.T) {
	s, _ := startWithSound(t)
	offer := strings.ReplaceAll(rtctest.New(t, rtctest.WithSound).Offer(), "H264", "H26X")
	if _, err := s.Answer(context.Background(), offer, page("one")); codeOf(err) != apierror.BadOffer {
		t.Error(err)
	}
}

func TestAnOfferWithAudioOnlyIsAnsweredWithSoundOnly(t *testing.T) {
	s, _ := startWithSound(t)
	offer := rtctest.New(t, rtctest.SoundOnly).Offer()
	text := answerTo(t, s, offer, page("one"))
	if strings.Contains(text, "m=video") || !strings.Contains(text, "opus/48000/2") || !strings.Contains(text, "a=candidate") {
		t.Error(text)
	}
	deaf := start(t, nil, defaultTimeouts())
	if _, err := deaf.Answer(context.Background(), offer, page("one")); codeOf(err) != apierror.BadOffer {
		t.Error(err)
	}
}

func TestAnOfferThatSaysNoDirectionIsSentPicturesAndSound(t *testing.T) {
	s, room := startWithSound(t)
	v := rtctest.New(t, rtctest.WithSound)
	offer := withoutDirections(v.Offer())
	v.Accept(answerTo(t, s, offer, page("one")))
	v.Connected()
	eventually(t, "it watches", func() bool { return s.Viewers() == 1 })
	turn(t, s, "one", true)
	room.say(t, 0)
	expectWord(t, v.Sound(), 0)
	s.Publish(picture(0, 100))
	v.Frame()
}

func TestAViewerWhoseAudioSaysNoDirectionHears(t *testing.T) {
	s, room := startWithSound(t)
	v := rtctest.New(t, rtctest.WithSound)
	offer := v.Offer()
	audio := strings.Index(offer, "m=audio")
	v.Accept(answerTo(t, s, offer[:audio]+withoutDirections(offer[audio:]), page("one")))
	v.Connected()
	turn(t, s, "one", true)
	room.say(t, 0)
	expectWord(t, v.Sound(), 0)
}
