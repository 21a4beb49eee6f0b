package rtc

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"

	"petcam/streamer/internal/apierror"
)

// offerWith is an offer of H.264 formats, each given as "payload type:fmtp".
func offerWith(formats ...string) string {
	var types, lines []string
	for _, format := range formats {
		payloadType, fmtp, _ := strings.Cut(format, ":")
		types = append(types, payloadType)
		lines = append(lines, fmt.Sprintf("a=rtpmap:%[1]s H264/90000\r\na=fmtp:%[1]s %[2]s\r\n", payloadType, fmtp))
	}
	return "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF " + strings.Join(types, " ") +
		"\r\nc=IN IP4 0.0.0.0\r\na=recvonly\r\n" + strings.Join(lines, "")
}

func TestConstrainedBaselineWithModeOneIsPreferred(t *testing.T) {
	for name, c := range map[string]struct {
		offer       string
		payloadType int
		profile     string
	}{
		"Chrome": {offerWith("102:level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f",
			"104:level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f",
			"106:level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
			"108:level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f",
			"112:level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=64001f"), 106, "42e01f"},
		"Firefox": {offerWith("126:profile-level-id=42e01f;level-asymmetry-allowed=1;packetization-mode=1",
			"97:profile-level-id=42e01f;level-asymmetry-allowed=1"), 126, "42e01f"},
		"Safari": {offerWith("96:level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=640c1f",
			"98:level-asymmetry-allowed=1; packetization-mode=1; profile-level-id=42E01F"), 98, "42e01f"},
		"only High": {offerWith("96:packetization-mode=1;profile-level-id=640028"), 96, "64001f"},
	} {
		found, err := readOffer(c.offer, false)
		if err != nil || int(found.video.PayloadType) != c.payloadType || !strings.HasSuffix(found.video.SDPFmtpLine, "="+c.profile) {
			t.Errorf("%s: %v, %v", name, found.video, err)
		}
	}
}

func TestBundleOnlyMediumWithPortZeroIsAccepted(t *testing.T) {
	rejected := strings.Replace(offerWith("96:packetization-mode=1;profile-level-id=42e01f"), "m=video 9", "m=video 0", 1)
	if _, err := readOffer(rejected, false); codeOf(err) != apierror.BadOffer {
		t.Error(err)
	}
	if _, err := readOffer(rejected+"a=bundle-only\r\n", false); err != nil { // RFC 9143, 6: GStreamer offers it behind its audio
		t.Error(err)
	}
}

func TestFormatsThatCannotBeAnsweredAreRefused(t *testing.T) {
	for _, format := range []string{"96:packetization-mode=0;profile-level-id=42e01f", "96:profile-level-id=42e01f",
		"96:packetization-mode=1", "96:packetization-mode=1;profile-level-id=42e0", "200:packetization-mode=1;profile-level-id=42e01f",
		"x:packetization-mode=1;profile-level-id=42e01f", "96:packetization-mode=1;profile-level-id=f4001f"} {
		if found, err := readOffer(offerWith(format), false); codeOf(err) != apierror.BadOffer {
			t.Errorf("%s: %v, %v", format, found.video, err)
		}
	}
}

func TestOfferIsReducedToTheChosenFormat(t *testing.T) {
	audio := "m=audio 9 UDP/TLS/RTP/SAVPF 106 0\r\na=rtpmap:106 opus/48000/2\r\na=rtpmap:0 PCMU/8000\r\n"
	feedback := "a=rtcp-fb:106 nack pli\r\na=rtcp-fb:* ccm fir\r\n"
	video, narrowed := offerWith("106:profile-level-id=42e01f", "97:apt=106"), offerWith("106:profile-level-id=42e01f")
	for offer, want := range map[string]string{
		video:            narrowed,
		video + feedback: narrowed + feedback,
		video + "a=rtcp-fb:97 nack\r\na=mid:0\r\n" + audio: narrowed + "a=mid:0\r\n" + audio,
		offerWith("97:apt=98"):                             offerWith("97:apt=98"),
		"m=\r\nm=video\r\n":                                "m=\r\nm=video\r\n",
	} {
		if got := withOneFormat(offer, "video", &webrtc.RTPCodecParameters{PayloadType: 106}); got != want {
			t.Errorf("%q becomes %q", offer, got)
		}
	}
}

// withoutDirections is an offer whose media say no direction, which is the same as sendrecv.
func withoutDirections(offer string) string { return strings.ReplaceAll(offer, "a=recvonly\r\n", "") }

func TestEachMediumIsGivenTheDirectionThatHolds(t *testing.T) {
	const session, video, audio = "v=0\r\nt=0 0\r\n", "m=video 9 X 96\r\nc=IN IP4 0.0.0.0\r\n", "m=audio 9 X 111\r\na=mid:1\r\n"
	for offer, want := range map[string]string{
		session + video + audio:                                      session + video + "a=sendrecv\r\n" + audio + "a=sendrecv\r\n",
		session + "a=recvonly\r\n" + video + audio:                   session + "a=recvonly\r\n" + video + "a=recvonly\r\n" + audio + "a=recvonly\r\n",
		session + video + "a=recvonly\r\n" + audio:                   session + video + "a=recvonly\r\n" + audio + "a=sendrecv\r\n",
		session + "a=recvonly\r\n" + audio + "a=inactive\r\n":        session + "a=recvonly\r\n" + audio + "a=inactive\r\n",
		session + strings.TrimSuffix(audio, "\r\n"):                  session + audio + "a=sendrecv\r\n",
		session + "m=application 9 X webrtc-datachannel\r\n":         session + "m=application 9 X webrtc-datachannel\r\na=sendrecv\r\n",
		strings.ReplaceAll(session+audio+"a=sendonly\r\n", "\r", ""): strings.ReplaceAll(session+audio+"a=sendonly\r\n", "\r", ""),
	} {
		if got := withDirections(offer); got != want {
			t.Errorf("%q becomes %q", offer, got)
		}
	}
}
