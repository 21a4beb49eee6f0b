package rtc

import (
	"context"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/rtc/rtctest"
)

func TestExtraHostNamesAreResolved(t *testing.T) {
	if _, err := net.LookupHost("localhost"); err != nil {
		t.Skip("this machine does not know localhost: it has no /etc/hosts")
	}
	s := start(t, func(o *Options) { o.ExtraHosts = []string{"localhost:9000"} }, defaultTimeouts())
	eventually(t, "localhost resolved", func() bool {
		return slices.Contains(*s.mux.hosts.resolved.Load(), netip.MustParseAddrPort("127.0.0.1:9000"))
	})
}

func TestAnswerOffersH264AndEveryCandidate(t *testing.T) {
	s := start(t, func(o *Options) { o.ExtraHosts = []string{"192.0.2.7"} }, defaultTimeouts())
	text := answer(t, s, rtctest.New(t).Offer())
	for _, want := range []string{"profile-level-id=42e01f", "packetization-mode=1", "a=setup:passive",
		" 127.0.0.1 ", " 192.0.2.7 ", "a=end-of-candidates\r\n", "a=sendonly", "nack pli", playoutDelayURI} {
		if !strings.Contains(text, want) {
			t.Errorf("the answer has no %q:\n%s", want, text)
		}
	}
	if n := strings.Count(text, "a=rtpmap:"); n != 1 {
		t.Errorf("the answer has %d formats", n)
	}
}

func TestViewerThatOffersAudioFirstIsSentTheVideo(t *testing.T) {
	s := start(t, nil, defaultTimeouts())
	publish(s, 0, 2, 100)
	v := rtctest.New(t, rtctest.WithAudioFirst)
	text := answer(t, s, v.Offer())
	audio, video, _ := strings.Cut(text, "m=video")
	if strings.Contains(audio, "a=candidate") || !strings.Contains(video, "a=candidate") {
		t.Errorf("the candidates are not with the video:\n%s", text)
	}
	v.Accept(text)
	expectFrames(t, v, 0, 2, 100)
}

func TestCandidatesOfAnOfferAreIgnoredWithoutSTUN(t *testing.T) {
	for _, c := range []struct {
		servers []string
		used    bool
	}{{nil, false}, {[]string{"turn:turn.example", "nonsense"}, false}, {[]string{"stun:127.0.0.1:9"}, true}} {
		s := start(t, func(o *Options) { o.ICEServers = c.servers }, defaultTimeouts())
		answer(t, s, rtctest.New(t).Offer())
		for v := range s.viewers {
			if used := strings.Contains(v.pc.RemoteDescription().SDP, "a=candidate:"); used != c.used {
				t.Errorf("with ICE servers %v: %v", c.servers, used)
			}
		}
	}
}

func TestBadOffersAreRefusedAndLeakNothing(t *testing.T) {
	s := start(t, nil, defaultTimeouts())
	good := rtctest.New(t).Offer()
	before := runtime.NumGoroutine()
	for name, offer := range map[string]string{
		"empty":            "",
		"not SDP":          "hello",
		"no media":         "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n",
		"no H.264":         strings.ReplaceAll(good, "H264", "H265"),
		"only mode 0":      strings.ReplaceAll(good, "packetization-mode=1", "packetization-mode=0"),
		"sends only":       strings.ReplaceAll(good, "a=recvonly", "a=sendonly"),
		"rejected":         strings.ReplaceAll(good, "m=video 9", "m=video 0"),
		"no fingerprint":   strings.ReplaceAll(good, "a=fingerprint", "a=nothing"),
		"no user fragment": strings.ReplaceAll(good, "a=ice-ufrag", "a=nothing"),
		"no mid":           strings.ReplaceAll(good, "a=mid", "a=nothing"),
		"cut off":          good[:len(good)/2],
	} {
		if _, err := s.Answer(context.Background(), offer, Client{}); codeOf(err) != apierror.BadOffer {
			t.Errorf("%s: %v", name, err)
		}
	}
	if s.count() != 0 {
		t.Error("a viewer is left of a bad offer")
	}
	eventually(t, "no goroutine is left", func() bool { return runtime.NumGoroutine() <= before })
}
