package rtc

import (
	"slices"
	"strconv"
	"strings"

	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"

	"petcam/streamer/internal/apierror"
)

// profiles are the first two bytes of the profile-level-ids that we answer, best first: Constrained Baseline, which
// each browser has, then Baseline, Main, Constrained High, High. Decoders do not mind which of them the picture uses.
func profiles() []string { return []string{"42e0", "4200", "4d00", "640c", "6400"} }

// formats are what a viewer is sent; nil: none of that kind.
type formats struct{ video, sound *webrtc.RTPCodecParameters }

// readOffer finds the formats to answer with; sound only where there is a microphone. Who asks for video that cannot be had
// is refused also where sound could: it waits for a picture. Its errors are BadOffer.
func readOffer(offer string, hasMicrophone bool) (found formats, err error) {
	var session sdp.SessionDescription
	if err := session.UnmarshalString(offer); err != nil {
		return found, apierror.New(apierror.BadOffer, "the offer is not SDP").WithCause(err)
	}
	wantsVideo := false
	for _, media := range session.MediaDescriptions {
		if found.video == nil && media.MediaName.Media == "video" && receives(&session, media) {
			wantsVideo = true
			found.video = chooseFormat(media)
		}
	}
	if hasMicrophone {
		found.sound = readSound(&session)
	}
	if found.video == nil && (wantsVideo || found.sound == nil) {
		return found, apierror.New(apierror.BadOffer,
			"the offer has no H.264 video with packetization-mode 1 that could be received")
	}
	return found, nil
}

// allowsDelay tells whether the page says that it may delay frames, by petcam's own SDP attribute.
func allowsDelay(offer string) bool { return strings.Contains(offer, "\n"+delayAllowedLine) }

// withoutCandidates is the offer without the viewer's candidates.
func withoutCandidates(offer string) string {
	var rest strings.Builder
	for line := range strings.Lines(offer) {
		if !strings.HasPrefix(line, "a=candidate:") {
			rest.WriteString(line)
		}
	}
	return rest.String()
}

// withDirections is the offer with a direction in each medium that has none, which is that of the session, else sendrecv: pion
// leaves a medium without one out of its answer.
func withDirections(offer string) string {
	var rest strings.Builder
	ofSession, isSaid, within := "a=sendrecv", true, false
	complete := func() {
		if !isSaid {
			rest.WriteString(ofSession + "\r\n")
		}
	}
	for line := range strings.Lines(offer) {
		text := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "m="):
			complete()
			isSaid, within = false, true
		case !isDirection(text):
		case within:
			isSaid = true
		default:
			ofSession = text
		}
		rest.WriteString(line)
		if !strings.HasSuffix(line, "\n") {
			rest.WriteString("\r\n")
		}
	}
	complete()
	return rest.String()
}

func isDirection(line string) bool {
	return slices.Contains([]string{"a=sendrecv", "a=recvonly", "a=sendonly", "a=inactive"}, line)
}

// withOneFormat is the offer with no other formats of a kind, video or audio, than this one where it is offered: pion goes
// through all of them for each of them, which is most of the work of answering a browser. Where codec is nil it is the
// offer as it is.
func withOneFormat(offer, kind string, codec *webrtc.RTPCodecParameters) string {
	if codec == nil {
		return offer
	}
	var rest strings.Builder
	format, within := strconv.Itoa(int(codec.PayloadType)), false
	for line := range strings.Lines(offer) {
		if strings.HasPrefix(line, "m=") {
			line, within = keepFormat(line, "m="+kind, format)
		}
		if !within || !isOtherFormat(line, format) {
			rest.WriteString(line)
		}
	}
	return rest.String()
}

// keepFormat leaves only one format in an m= line; false: it is of another kind, or does not offer that format.
func keepFormat(medium, kind, format string) (string, bool) {
	words := strings.Fields(medium)
	if words[0] != kind || len(words) < 4 || !slices.Contains(words[3:], format) {
		return medium, false
	}
	return strings.Join(append(words[:3], format), " ") + "\r\n", true
}

// isOtherFormat tells whether a line describes another format.
func isOtherFormat(line, format string) bool {
	for _, kind := range []string{"a=rtpmap:", "a=fmtp:", "a=rtcp-fb:"} {
		if rest, is := strings.CutPrefix(line, kind); is {
			of, _, _ := strings.Cut(rest, " ")
			return of != format && of != "*"
		}
	}
	return false
}

// receives tells whether the offerer wants to be sent this medium; a direction may stand for the whole session.
func receives(session *sdp.SessionDescription, media *sdp.MediaDescription) bool {
	if _, bundled := media.Attribute("bundle-only"); media.MediaName.Port.Value == 0 && !bundled {
		return false
	}
	for _, has := range []func(string) (string, bool){media.Attribute, session.Attribute} {
		for _, no := range []string{"sendonly", "inactive"} {
			if _, found := has(no); found {
				return false
			}
		}
		for _, yes := range []string{"recvonly", "sendrecv"} {
			if _, found := has(yes); found {
				return true
			}
		}
	}
	return true // sendrecv is the default
}

// chooseFormat picks the best of the H.264 formats of a medium, with the payload type that the offer gives it; nil: none.
func chooseFormat(media *sdp.MediaDescription) (best *webrtc.RTPCodecParameters) {
	rank := len(profiles())
	for _, format := range media.MediaName.Formats {
		name, parameters := formatOf(media, format)
		payloadType, err := strconv.ParseUint(format, 10, 7)
		if err != nil || !strings.EqualFold(name, "H264/90000") || parameters["packetization-mode"] != "1" {
			continue
		}
		profileLevel := strings.ToLower(parameters["profile-level-id"])
		i := slices.IndexFunc(profiles(), func(p string) bool { return len(profileLevel) == 6 && profileLevel[:4] == p })
		if i < 0 || i >= rank {
			continue
		}
		rank = i
		best = &webrtc.RTPCodecParameters{
			PayloadType:        webrtc.PayloadType(payloadType),
			RTPCodecCapability: capability(profiles()[i]),
		}
	}
	return best
}

// formatOf gives the rtpmap (name/clock) and the fmtp parameters of one of a medium's formats.
func formatOf(media *sdp.MediaDescription, format string) (name string, parameters map[string]string) {
	parameters = map[string]string{}
	for _, a := range media.Attributes {
		of, value, _ := strings.Cut(a.Value, " ")
		switch {
		case of != format:
		case a.Key == "rtpmap":
			name = value
		case a.Key == "fmtp":
			for _, parameter := range strings.Split(value, ";") {
				key, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
				parameters[strings.ToLower(key)] = value
			}
		}
	}
	return name, parameters
}

// capability is H.264 of a profile at level 3.1, with the two kinds of RTCP feedback that we answer.
func capability(profile string) webrtc.RTPCodecCapability {
	return webrtc.RTPCodecCapability{
		MimeType:     webrtc.MimeTypeH264,
		ClockRate:    clockRate,
		SDPFmtpLine:  "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=" + profile + "1f",
		RTCPFeedback: []webrtc.RTCPFeedback{{Type: "nack"}, {Type: "nack", Parameter: "pli"}},
	}
}
