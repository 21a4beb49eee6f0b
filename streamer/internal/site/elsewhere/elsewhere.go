// Package elsewhere is the routes that petcam-web alone has: pictures as JPEG, which need a decoder, and what petcam-events
// notices, and is set for it. Who may use one of them is told so with 501, once everything that petcam-web refuses before
// has been refused. It imports apierror, page and site.
package elsewhere

import (
	"net/http"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/page"
	"petcam/streamer/internal/site"
)

// NeedsPython is why, as a fixed phrase: pages have words for it.
const NeedsPython = "Needs petcam-web"

const settings = "/settings"

// Routes are those of petcam-web, with its methods and marks; tests/routes.json holds both together.
func Routes() []site.Route {
	pictures, owners := site.ForPrograms|site.Live, site.Page|site.ForOwner
	routes := []site.Route{
		{Method: "GET", Path: "/stream.mjpg", Marks: pictures},
		{Method: "GET", Path: "/snapshot.jpg", Marks: pictures},
		{Method: "GET", Path: "/api/recordings/<name>/thumbnail.jpg"},
		{Method: "GET", Path: "/api/events"},
		{Method: "GET", Path: "/api/events/stream"},
		{Method: "GET", Path: "/api/events/<event>"},
		{Method: "DELETE", Path: "/api/events/<event>"},
		{Method: "GET", Path: "/api/events/<event>/picture.jpg"},
		{Method: "GET", Path: "/api/days"},
		{Method: "GET", Path: "/api/days/<day>"},
		{Method: "GET", Path: "/visits/<event>", Marks: site.Page},
		{Method: "GET", Path: settings, Marks: owners},
		{Method: "GET", Path: "/api/settings", Marks: site.ForOwner},
		{Method: "PUT", Path: "/api/settings", Marks: site.ForOwner},
		{Method: "GET", Path: "/api/settings/ways", Marks: site.ForOwner},
		{Method: "POST", Path: "/api/settings/test", Marks: site.ForOwner},
		{Method: "GET", Path: "/places", Marks: owners},
		{Method: "GET", Path: "/api/places"},
		{Method: "PUT", Path: "/api/places"},
		{Method: "GET", Path: "/mute/<token>", Marks: site.Page | site.ForEverybody},
		{Method: "POST", Path: "/mute/<token>", Marks: site.Page | site.ForEverybody},
	}
	for at := range routes {
		routes[at].Handle = refuse
	}
	return routes
}

// refuse says what is missing, and how to have it.
func refuse(_ http.ResponseWriter, r *site.Request) error {
	account := ""
	if r.Path == settings && r.Session() != nil { // the way there that petcam-web has leads over the settings
		account = "1"
	}
	return apierror.New(apierror.NotSupported,
		"this needs petcam-web: web.server: python in /etc/petcam/petcam.yaml, then: sudo systemctl restart petcam-web").
		WithReason(NeedsPython).WithWords(page.NeedsPython, "account", account)
}
