package site

import (
	"strconv"
	"strings"
)

// StreamerOrigin is the scheme, host and port that a browser sends offers to; empty where that is the page's own origin. It
// is for Options.Connect.
func (r *Request) StreamerOrigin() string {
	c := r.site.Config
	if c.WebRTC.Backend == "python" {
		return ""
	}
	if scheme, rest, is := strings.Cut(c.Streamer.PublicURL, "://"); is {
		if end := strings.IndexAny(rest, "/?#"); end >= 0 {
			rest = rest[:end]
		}
		return strings.ToLower(scheme) + "://" + rest
	}
	host := withoutPort(r.Host)
	if host == "" || r.Secure || r.Root != "" { // an HTTPS page may not call http://
		return "" // a proxy that serves petcam under a path has other things on its host
	}
	return "http://" + host + ":" + strconv.Itoa(c.Streamer.Port)
}
