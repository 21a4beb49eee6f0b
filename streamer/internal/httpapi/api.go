// Package httpapi is the streamer's HTTP API: signalling for browsers and WHEP clients, control for petcam-web, health
// and metrics. docs/http-api.md is its specification. It imports apierror, fairshare, offertoken, and camera, record and
// rtc for the types of its interfaces.
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
	"petcam/streamer/internal/fairshare"
	"petcam/streamer/internal/offertoken"
	"petcam/streamer/internal/record"
	"petcam/streamer/internal/rtc"
)

// Limits of a request. A proxied /stop may take five seconds, and a slow phone ten for an offer.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 10 * time.Second
	writeTimeout  = 20 * time.Second
	idleTimeout   = time.Minute
	maxHeader     = 16 << 10 // bytes
	maxOffer      = 64 << 10 // bytes of its body
	maxBody       = 4 << 10  // bytes of any other request's

	// What the requests of other machines cost at once: each its header and its answer, its body as it comes.
	requestBytes    = 16 << 10
	requestShare    = 16 * requestBytes
	maxRequestBytes = 4 << 20
)

// Viewers answers offers and ends viewers; rtc.Server.
type Viewers interface {
	Answer(ctx context.Context, offer string, client rtc.Client) (answer string, err error)
	EndSession(session string) (closed int)
	End(id, session string) (closed bool)
	Trickle(id, session, fragment string) error
	Listen(page string, on bool) error
	Listeners() int
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

// Past is the video that the shared memory still holds; record.Recorder.
type Past interface {
	KeepPast(span time.Duration) (record.Kept, error)
	Rewind(back time.Duration) (*record.Rewind, error)
}

// Keeper records by itself; record.Recorder.
type Keeper interface {
	Keep(span, preRoll time.Duration) (record.Leased, error)
	ByItself() *record.ByItself // nil: nothing is recorded by itself
	Mode() record.Mode
}

// Camera knows the state of the camera's video; camera.Camera.
type Camera interface {
	Health() camera.Health
}

// ViewingTokens verifies the tokens of WHEP clients; viewingtoken.File.
type ViewingTokens interface {
	Accept(token string) (id string, err error)
	IsValid(id string) bool
}

// Options are the parts of the service that the API gives access to, and who may have it.
type Options struct {
	Viewers   Viewers
	Recorder  Recorder
	Past      Past
	Keeper    Keeper
	Camera    Camera
	On        func() bool          // whether the owner lets the camera be on; nil: always
	Tokens    *offertoken.Verifier // nil: offers need no token
	Viewing   ViewingTokens        // nil: WHEP needs no token
	ICE       []string             // URLs of ICE servers for WHEP clients
	WebPort   int                  // petcam-web's: pages from there may make offers
	PublicURL string               // of the streamer behind a reverse proxy: so may pages of that origin
	Names     func() []string      // further host names of this machine now, lower-case; nil: none
	Scrapers  []netip.Prefix       // networks that may read the metrics besides loopback
	Faults    func() []string      // what is damaged, each in one line with the remedy
	Version   string
	Log       *slog.Logger
}

type api struct {
	Options
	began   time.Time
	limiter *rateLimiter
}

// Server is the API on a port of its own.
type Server struct {
	*http.Server
	api    *api
	routes map[string]route
}

// New makes the server; the caller gives it a listener.
func New(options Options) *Server {
	a := &api{Options: options, began: time.Now(), limiter: newRateLimiter()}
	routes := a.routes()
	server := &http.Server{
		Handler:           fairshare.NewRequests(maxRequestBytes, requestShare, requestBytes).Handler(a.serve(routes)),
		ConnContext:       fairshare.ConnContext,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(options.Log.Handler(), slog.LevelDebug),
	}
	return &Server{server, a, routes}
}
