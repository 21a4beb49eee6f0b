package live

import (
	"net/http"
	"strings"

	"petcam/streamer/internal/site"
)

func (l *Live) viewerConfig(w http.ResponseWriter, r *site.Request) error {
	site.JSON(w, http.StatusOK, l.configFor(r))
	return nil
}

// configFor is what the page needs before its first offer.
func (l *Live) configFor(r *site.Request) site.Object {
	servers := []any{}
	for _, url := range l.Config.WebRTC.ICEServers {
		servers = append(servers, site.Object{{Name: "urls", Value: url}})
	}
	found := site.Object{{Name: "signaling_url", Value: l.signalingURL(r)}, {Name: "ice_servers", Value: servers}}
	if size := l.size.now(); size != nil {
		found = append(found, site.Member{Name: "picture", Value: []any{size[0], size[1]}})
	}
	if l.Config.Camera.Microphone != "" {
		found = append(found, site.Member{Name: "sound", Value: true})
	}
	if session := r.Session(); session != nil && l.Token != nil {
		// without a key no offer is accepted, which its log says
		if token, err := l.Token(r.HostName(), session.ID, session.Left()); err == nil {
			found = append(found, site.Member{Name: "token", Value: token})
		}
	}
	return found
}

// signalingURL is the full URL for offers, or the path on the page's own origin.
func (l *Live) signalingURL(r *site.Request) string {
	if public := l.Config.Streamer.PublicURL; public != "" {
		return strings.TrimRight(public, "/") + offerPath
	}
	if origin := r.StreamerOrigin(); origin != "" {
		return origin + offerPath
	}
	return r.SitePath(offerPath)
}
