// Package httpapi is the streamer's HTTP: signalling for browsers, control for petcam-web, health and metrics for
// whoever watches. docs/http-api.md is its specification.
//
// It has no goroutines but those of net/http, which Shutdown or Close of the http.Server ends.
package httpapi

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"petcam/streamer/internal/camera"
	"petcam/streamer/internal/offertoken"
	"petcam/streamer/internal/record"
	"petcam/streamer/internal/rtc"
)

// What a client may cost. A proxied /stop may take its five seconds, a slow phone its ten for an offer.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 10 * time.Second
	writeTimeout  = 20 * time.Second
	idleTimeout   = time.Minute
	maxHeader     = 16 << 10
	maxOffer      = 64 << 10
	maxBody       = 4 << 10
)

// Viewers lets viewers in; rtc.Server.
type Viewers interface {
	Answer(ctx context.Context, offer string, client rtc.Client) (answer string, err error)
	EndSession(session string) (closed int)
	End(id, session string) (closed bool)
	Trickle(id, session, fragment string) error
	Viewers() int
	Stats() rtc.Stats
}

// Recorder records; record.Recorder.
type Recorder interface {
	Start(label string) (filename string, err error)
	Stop() (record.Status, error)
	Status() record.Status
	Totals() record.Totals
}

// Camera knows how the video comes in; camera.Camera.
type Camera interface {
	Health() camera.Health
}

// ViewTokens lets programs in; viewingtoken.File.
type ViewTokens interface {
	Accept(token string) (id string, err error)
	Holds(id string) bool
}

// Options are what the API stands in front of.
type Options struct {
	Viewers   Viewers
	Recorder  Recorder
	Camera    Camera
	Tokens    *offertoken.Gate // nil: whoever reaches the port may watch
	Viewing   ViewTokens       // nil: the same of programs
	ICE       []string         // URLs of servers that WHEP's players are told of
	WebPort   int              // petcam-web's: pages from there may make offers
	PublicURL string           // of the streamer behind a reverse proxy: so may pages of that origin
	Names     []string         // further host names of this machine, lower-case
	Scrapers  []netip.Prefix   // who may read the metrics besides loopback
	Version   string
	Log       *slog.Logger
}

type api struct {
	Options
	began time.Time
	pace  *pace
}

// New makes the server; the caller gives it a listener.
func New(options Options) *http.Server {
	a := &api{Options: options, began: time.Now(), pace: newPace()}
	return &http.Server{
		Handler:           a.routes(),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(options.Log.Handler(), slog.LevelDebug),
	}
}
