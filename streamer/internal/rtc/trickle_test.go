package rtc

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/rtc/rtctest"
)

var whepClient = Client{Remote: netip.MustParseAddr("192.0.2.1"), Session: "token a", ID: "one"}

func TestEndDisconnectsTheViewerWithThatIDAndSession(t *testing.T) {
	s := start(t, nil, defaultTimeouts())
	first, second := rtctest.New(t), rtctest.New(t)
	first.Accept(answerTo(t, s, first.Offer(), whepClient))
	other := whepClient
	other.ID = "two"
	second.Accept(answerTo(t, s, second.Offer(), other))
	first.Connected()
	second.Connected()
	for _, wrong := range [][2]string{{"one", "token b"}, {"three", "token a"}, {"", "token a"}, {"one", ""}} {
		if s.End(wrong[0], wrong[1]) {
			t.Errorf("%q is ended", wrong)
		}
	}
	if !s.End("one", "token a") || s.End("one", "token a") {
		t.Error("it is not ended once")
	}
	first.Left()
	publish(s, 0, 0, 100)
	second.Frame()
}

func TestEndWithAnEmptyIDDisconnectsNobody(t *testing.T) {
	s := start(t, nil, defaultTimeouts())
	join(t, s)
	if s.End("", "") {
		t.Error("a page's viewer is ended")
	}
}

var ufrag = regexp.MustCompile(`a=ice-ufrag:(\S+)`)

func fragmentOf(offer string, candidates int) string {
	text := "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:0\r\n" + ufrag.FindString(offer) + "\r\na=ice-pwd:whatever\r\n"
	for n := range candidates {
		text += fmt.Sprintf("a=candidate:%d 1 udp 2130706431 192.0.2.%d 5000 typ host\r\n", n+1, n+1)
	}
	return text + "a=end-of-candidates\r\n"
}

func TestTrickledCandidatesMustMatchTheICESessionOfTheOffer(t *testing.T) {
	s := start(t, nil, defaultTimeouts())
	v := rtctest.New(t)
	offer := v.Offer()
	v.Accept(answerTo(t, s, offer, whepClient))
	v.Connected()
	good := fragmentOf(offer, 2)
	for _, c := range []struct {
		id, text string
		code     apierror.Code
	}{
		{"one", good, ""},
		{"one", strings.ReplaceAll(good, "\r\n", "\n"), ""},
		{"two", good, apierror.NotFound},
		{"one", strings.Replace(good, "ice-ufrag:", "ice-ufrag:new", 1), apierror.NotPossible},
		{"one", strings.Replace(good, "a=ice-ufrag", "a=ufrag", 1), apierror.BadRequest},
		{"one", "", apierror.BadRequest},
	} {
		if err := s.Trickle(c.id, "token a", c.text); codeOf(err) != c.code {
			t.Errorf("%q: %v instead of %q", c.text, err, c.code)
		}
	}
	if n := remoteCandidates(s, "192.0.2."); n != 0 {
		t.Errorf("%d candidates are used, although there is no NAT to open", n)
	}
	publish(s, 0, 0, 100)
	v.Frame()
}

func TestTrickledCandidatesAreUsedWhereSTUNIsConfigured(t *testing.T) {
	s := start(t, func(o *Options) { o.ICEServers = []string{"stun:127.0.0.1:9"} }, defaultTimeouts())
	v := rtctest.New(t)
	offer := v.Offer()
	answerTo(t, s, offer, whepClient)
	for range 2 {
		if err := s.Trickle("one", "token a", fragmentOf(offer, 40)); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the candidates are there", func() bool { return remoteCandidates(s, "192.0.2.") == maxTrickled })
}

func remoteCandidates(s *Server, prefix string) (n int) {
	for _, stats := range s.viewer("one", "token a").pc.GetStats() {
		if candidate, ok := stats.(webrtc.ICECandidateStats); ok && strings.HasPrefix(candidate.IP, prefix) {
			n++
		}
	}
	return n
}
