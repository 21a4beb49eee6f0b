package rtc

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/pion/sdp/v3"
)

// withCandidates is pion's answer with a host candidate for each address instead of the few that pion knows.
// All media are bundled with the first one that is not rejected, so the candidates belong there: where a viewer offers
// audio first, pion leaves them with the audio, where browsers ignore them.
func withCandidates(answer string, addresses []netip.AddrPort) (string, error) {
	var session sdp.SessionDescription
	if err := session.UnmarshalString(answer); err != nil {
		return "", err
	}
	i := slices.IndexFunc(session.MediaDescriptions, func(m *sdp.MediaDescription) bool { return m.MediaName.Port.Value != 0 })
	if i < 0 {
		return "", errors.New("every medium is rejected")
	}
	candidates := removeCandidates(session.MediaDescriptions)
	for n, address := range addresses {
		candidates = append(candidates, sdp.NewAttribute("candidate", hostCandidate(n, address)))
	}
	media := session.MediaDescriptions[i]
	media.Attributes = append(append(media.Attributes, candidates...), sdp.NewPropertyAttribute("end-of-candidates"))
	text, err := session.Marshal()
	return string(text), err
}

// removeCandidates removes all candidates and returns the server-reflexive ones, which STUN has found.
func removeCandidates(all []*sdp.MediaDescription) (found []sdp.Attribute) {
	for _, media := range all {
		media.Attributes = slices.DeleteFunc(media.Attributes, func(a sdp.Attribute) bool {
			if a.Key == "candidate" && !strings.Contains(a.Value, " typ host") {
				found = append(found, a)
			}
			return a.Key == "candidate" || a.Key == "end-of-candidates"
		})
	}
	return found
}

// hostCandidate is the n-th host candidate (RFC 8839, 5.1); the earlier, the higher its priority (RFC 8445, 5.1.2).
func hostCandidate(n int, address netip.AddrPort) string {
	priority := 126<<24 | uint32(65535-n)<<8 | 255
	return fmt.Sprintf("petcam%d 1 udp %d %s %d typ host", n, priority, address.Addr(), address.Port())
}
