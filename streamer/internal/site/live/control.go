package live

import (
	"net/http"

	"petcam/streamer/internal/site"
)

// The paths of the streamer's own API.
const (
	offerPath  = "/api/webrtc/offer"
	soundPath  = "/api/webrtc/sound"
	startPath  = "/start"
	stopPath   = "/stop"
	keepPath   = "/past"
	statusPath = "/status"
	healthPath = "/health"
	rewindPath = "/past.mp4"
)

// controls are what the streamer does with a JSON object, of which it checks the members itself.
func (l *Live) controls() []site.Route {
	return []site.Route{
		{Method: "POST", Path: offerPath, Marks: site.ForViewers | site.Live, Handle: l.offer()},
		{Method: "POST", Path: soundPath, Marks: site.ForViewers | site.Live, Handle: l.control(soundPath)},
		{Method: "POST", Path: "/api/recording/start", Marks: site.Live, Handle: l.control(startPath)},
		{Method: "POST", Path: "/api/recording/stop", Handle: l.control(stopPath)},
		{Method: "POST", Path: "/api/recording/past", Marks: site.Live, Handle: l.control(keepPath)},
		{Method: "GET", Path: "/api/recording/status", Handle: l.status()},
	}
}

func (l *Live) control(path string) site.Handler {
	handle := l.API.Direct(http.MethodPost, path)
	return func(w http.ResponseWriter, r *site.Request) error {
		object, err := r.JSONObject(site.MaxControlBytes)
		if err != nil {
			return err
		}
		body := site.AppendJSON(nil, object)
		return asked{method: http.MethodPost, path: path, body: body}.passOn(r.Context(), w, handle)
	}
}

// offer passes on whose it is: the streamer counts the offers and viewers of each network.
func (l *Live) offer() site.Handler {
	handle := l.API.Direct(http.MethodPost, offerPath)
	return func(w http.ResponseWriter, r *site.Request) error {
		body, err := r.Body(site.MaxOfferBytes)
		if err != nil {
			return err
		}
		offer := asked{method: http.MethodPost, path: offerPath, body: body, from: r.From, like: r.Request}
		return offer.passOn(r.Context(), w, handle)
	}
}

func (l *Live) status() site.Handler {
	handle := l.API.Direct(http.MethodGet, statusPath)
	return func(w http.ResponseWriter, r *site.Request) error {
		return asked{method: http.MethodGet, path: statusPath}.passOn(r.Context(), w, handle)
	}
}
