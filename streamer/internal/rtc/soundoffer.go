package rtc

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"petcam/streamer/internal/sound"
)

// readSound finds the format of the sound that an offer takes; nil: none. It looks at the first medium of sound only: pion
// gives its transceivers away in the order of the offer, to media that are turned down too.
func readSound(session *sdp.SessionDescription) *webrtc.RTPCodecParameters {
	i := slices.IndexFunc(session.MediaDescriptions, func(m *sdp.MediaDescription) bool { return m.MediaName.Media == "audio" })
	if i < 0 {
		return nil
	}
	media := session.MediaDescriptions[i]
	if !receives(session, media) || !isBundled(session, media) {
		return nil
	}
	return chooseOpus(media)
}

// isBundled tells whether a medium may come by the same connection as the others: there is only one.
func isBundled(session *sdp.SessionDescription, media *sdp.MediaDescription) bool {
	group, grouped := session.Attribute("group")
	mid, _ := media.Attribute("mid")
	return !grouped || slices.Contains(strings.Fields(group), mid)
}

// chooseOpus picks the first Opus of a medium, with the payload type that the offer gives it; nil: none.
func chooseOpus(media *sdp.MediaDescription) *webrtc.RTPCodecParameters {
	for _, format := range media.MediaName.Formats {
		name, _ := formatOf(media, format)
		payloadType, err := strconv.ParseUint(format, 10, 7)
		if err == nil && strings.EqualFold(name, "opus/48000/2") { // of stereo and mono alike (RFC 7587, 7)
			return &webrtc.RTPCodecParameters{PayloadType: webrtc.PayloadType(payloadType), RTPCodecCapability: opus()}
		}
	}
	return nil
}

// opus has no RTCP feedback: sound that comes late is of no use, and its packets help out for the one before.
func opus() webrtc.RTPCodecCapability {
	return webrtc.RTPCodecCapability{MimeType: webrtc.MimeTypeOpus, ClockRate: sound.Rate, Channels: 2,
		SDPFmtpLine: "minptime=10;useinbandfec=1"}
}

// withoutTheirSound is an offer that would send us sound and take ours, made one that takes ours only.
func withoutTheirSound(offer string) string {
	var rest strings.Builder
	within := false
	for line := range strings.Lines(offer) {
		if strings.HasPrefix(line, "m=") {
			within = strings.HasPrefix(line, "m=audio")
		}
		if within && strings.TrimSpace(line) == "a=sendrecv" {
			line = "a=recvonly\r\n"
		}
		rest.WriteString(line)
	}
	return rest.String()
}
