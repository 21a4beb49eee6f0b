package rtc

import (
	"strings"

	"github.com/pion/webrtc/v4"

	"petcam/streamer/internal/apierror"
)

// maxTrickled is how many candidates a viewer may send after its offer.
const maxTrickled = 32

// fragment is what matters of an SDP fragment (RFC 8840, 9) where all media are one bundle.
type fragment struct {
	ufrag      string
	candidates []string // without a=
}

// Trickle takes the candidates of an SDP fragment for the viewer that a client's ID and session name. Like those of the
// offer they are ignored unless STUN is configured; see viewer.negotiate.
// Errors are those of apierror: NotFound, BadRequest, NotPossible (it asks for an ICE restart).
func (s *Server) Trickle(id, session, text string) error {
	v := s.viewer(id, session)
	if v == nil {
		return apierror.New(apierror.NotFound, "there is no such session (any more)")
	}
	f, err := readFragment(text)
	if err != nil {
		return err
	}
	remote := v.pc.RemoteDescription()
	if remote == nil || !strings.Contains(remote.SDP, "a=ice-ufrag:"+f.ufrag+"\r\n") {
		return apierror.New(apierror.NotPossible, "ICE is not restarted; make a new offer")
	}
	if len(s.iceServers) == 0 {
		return nil
	}
	for _, candidate := range f.candidates {
		if v.trickled.Add(1) > maxTrickled {
			break
		}
		_ = v.pc.AddICECandidate(webrtc.ICECandidateInit{Candidate: candidate}) // one that is of no use is no error
	}
	return nil
}

// readFragment parses an SDP fragment. Its errors are BadRequest.
func readFragment(text string) (f fragment, err error) {
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		switch {
		case key == "a=ice-ufrag" && f.ufrag == "":
			f.ufrag = value
		case key == "a=candidate":
			f.candidates = append(f.candidates, "candidate:"+value)
		}
	}
	if f.ufrag == "" {
		return f, apierror.New(apierror.BadRequest, "the SDP fragment has no ice-ufrag")
	}
	return f, nil
}
