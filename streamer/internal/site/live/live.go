// Package live is the live page, and what it asks for: how to reach the streamer, offers, the recording by hand, the past, and
// the health. petcam/web/live, petcam/web/signaling and part of petcam/web/recordings are the same in Python. It imports
// apierror, config, network, page and site; what answers is internal/httpapi's.
package live

import (
	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/config"
	"petcam/streamer/internal/network"
	"petcam/streamer/internal/page"
	"petcam/streamer/internal/site"
)

// Options are what the routes work with.
type Options struct {
	Config   config.Config
	API      Streamer
	Streams  *site.Streams
	Token    func(host, session string, secondsLeft float64) (string, error) // makes an offer's token; nil: it needs none
	Size     func() Size                                                     // of the camera's picture
	Troubles func() []*apierror.Error                                        // what is wrong with the state
	Beside   []Beside                                                        // what else the health has
}

// Live is the routes.
type Live struct {
	Options
	size  pictureSize
	turns turns
}

// New makes the routes.
func New(options Options) *Live {
	return &Live{Options: options, size: pictureSize{ask: options.Size}}
}

// Routes are those of the package.
func (l *Live) Routes() []site.Route {
	return append(l.controls(), []site.Route{
		{Method: "GET", Path: "/", Marks: site.Page, Handle: l.show},
		{Method: "GET", Path: "/api/webrtc/config", Handle: l.viewerConfig},
		{Method: "GET", Path: "/api/past.mp4", Marks: site.Live, Handle: l.past()},
		{Method: "GET", Path: "/api/go/health", Handle: l.health()},
		{Method: "GET", Path: "/healthz", Marks: site.ForEverybody, Handle: l.healthz},
	}...)
}

// hasLogin tells whether there is an account page.
func (l *Live) hasLogin() bool { return l.Config.Auth.Mode == "password" }

// isExposed tells whether the whole network sees the page.
func (l *Live) isExposed() bool { return !l.hasLogin() && !network.IsLoopback(l.Config.Web.Host) }

// pageValues are those of the live page.
func (l *Live) pageValues(r *site.Request) page.Values {
	return page.Values{Texts: map[string]string{
		"alone": set(true), "login": set(l.hasLogin()), "exposed": set(l.isExposed()), "films": set(l.Config.Camera.Source != ""), "zone": zoneName(localTime),
		"webrtc_config": site.ForPage(l.configFor(r)),
	}}
}

func set(is bool) string {
	if is {
		return "1"
	}
	return ""
}
