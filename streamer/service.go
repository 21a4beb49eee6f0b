package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"petcam/streamer/internal/camera"
	"petcam/streamer/internal/config"
	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/httpapi"
	"petcam/streamer/internal/offertoken"
	"petcam/streamer/internal/record"
	"petcam/streamer/internal/rtc"
	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/rdkx5"
	"petcam/streamer/internal/tlsproxy"
	"petcam/streamer/internal/viewingtoken"
	"petcam/streamer/internal/watchdog"
)

// goodbye is how long requests that are being answered may take at the end.
const goodbye = time.Second

// Service is all of petcam-streamer, wired. Open, then Run, then Close.
type Service struct {
	log      *slog.Logger
	viewers  *rtc.Server
	recorder *record.Recorder
	camera   *camera.Camera
	listener net.Listener
	server   *http.Server
	front    *tlsproxy.Front // over HTTPS on secure; nil: there is none
	secure   net.Listener
	viewing  *viewingtoken.File // nil: programs need no token
	monitor  *monitor
	dog      *watchdog.Watchdog

	ctx     context.Context // ends at Close
	cancel  context.CancelFunc
	tasks   sync.WaitGroup // the goroutines of Run
	failure chan error     // of the first that ends by itself
}

// Open takes the ports. Nothing flows yet. Its error is one line that names port and key.
func Open(settings config.Config, access access, log *slog.Logger) (*Service, error) {
	s := &Service{log: log, front: access.front, viewing: access.viewing, failure: make(chan error, 1)}
	if err := s.openPorts(settings); err != nil {
		s.closePorts()
		return nil, err
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.wire(settings, access.gate)
	return s, nil
}

func (s *Service) openPorts(settings config.Config) (err error) {
	if s.listener, err = openPort("streamer.port", settings.Streamer.Host, settings.Streamer.Port); err != nil {
		return err
	}
	if s.front != nil {
		if s.secure, err = openPort("web.tls_port", settings.Web.Host, settings.Web.TLSPort); err != nil {
			return err
		}
	}
	s.viewers, err = rtc.New(rtc.Options{
		Host:       settings.Streamer.Host,
		Port:       settings.WebRTC.UDPPort,
		ExtraHosts: settings.WebRTC.ExtraHosts,
		ICEServers: settings.WebRTC.ICEServers,
		MaxViewers: settings.WebRTC.MaxViewers,
		Log:        s.log,
	})
	if err != nil {
		return portError("webrtc.udp_port", "UDP", settings.Streamer.Host, settings.WebRTC.UDPPort, err)
	}
	return nil
}

// closePorts closes those that are open; to close them twice does no harm.
func (s *Service) closePorts() {
	for _, listener := range []net.Listener{s.listener, s.secure} {
		if listener != nil {
			_ = listener.Close()
		}
	}
}

// wire makes the parts that cannot fail.
func (s *Service) wire(settings config.Config, gate *offertoken.Gate) {
	wakeup := shm.NewWakeup()
	s.recorder = record.New(recording(settings.Recording, s.log), func() record.Source {
		return s.reader(settings.Camera, shm.WithWakeup(wakeup))
	})
	s.camera = camera.New(s.reader(settings.Camera), func(unit h264.AccessUnit) {
		s.viewers.Publish(unit)
		wakeup.Notify()
	})
	options := httpapi.Options{
		Viewers:   s.viewers,
		Recorder:  s.recorder,
		Camera:    s.camera,
		Tokens:    gate,
		ICE:       settings.WebRTC.ICEServers,
		Names:     names(settings),
		Scrapers:  networks(settings.Streamer.MetricsAllow),
		WebPort:   settings.Web.Port,
		PublicURL: settings.Streamer.PublicURL,
		Version:   version,
		Log:       s.log,
	}
	if s.viewing != nil { // a nil *File in the interface would not be nil
		options.Viewing = s.viewing
	}
	s.server = httpapi.New(options)
	if s.front != nil {
		s.front.Divert("/whep", s.server.Handler)
	}
	s.monitor = newMonitor(s.Address())
	s.dog = watchdog.New(s.log,
		watchdog.Check{Name: "fan-out", LastTurn: s.camera.LastTurn},
		watchdog.Check{Name: "HTTP", LastTurn: s.monitor.LastTurn})
}

// reader is a reader of the video, whichever layout its daemon writes.
func (s *Service) reader(keys config.Camera, options ...shm.Option) *shm.Reader {
	options = append(options, shm.WithLogger(s.log))
	if keys.Layout == "rdk-x5" {
		return rdkx5.Open(keys.Stream, options...)
	}
	return shm.Open(keys.Stream, options...)
}

func recording(keys config.Recording, log *slog.Logger) record.Options {
	return record.Options{
		Directory: keys.Directory,
		PreRoll:   time.Duration(keys.PreRollSeconds * float64(time.Second)),
		Segment:   time.Duration(keys.SegmentMinutes) * time.Minute,
		MaxBytes:  keys.MaxBytes,
		MaxAge:    time.Duration(keys.MaxAgeDays) * 24 * time.Hour,
		MinFree:   keys.MinFreeBytes,
		Log:       log,
	}
}

// Address is that of the HTTP port.
func (s *Service) Address() net.Addr { return s.listener.Addr() }

// Run serves until ctx ends, or until a part fails, with its error.
func (s *Service) Run(ctx context.Context) error {
	s.task(func() error { return s.camera.Run(s.ctx) })
	s.task(func() error { return s.server.Serve(s.listener) })
	if s.front != nil {
		s.task(func() error { return s.front.Serve(s.secure) })
		s.task(func() error { s.front.Follow(s.ctx); return nil })
	}
	if s.viewing != nil {
		s.task(func() error { s.viewing.Follow(s.ctx, s.endViewers); return nil })
	}
	s.task(func() error { s.recorder.Recover(); return nil }) // may take a while, which nobody needs to wait for
	if _, err := s.monitor.look(ctx); err != nil && ctx.Err() == nil {
		return err // the port does not answer
	}
	s.log.Info("petcam-streamer is ready", "version", version, "address", s.Address().String())
	s.dog.Start()
	defer s.dog.Stop()
	s.task(func() error { s.monitor.run(s.ctx, s.dog.Status); return nil })
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.failure:
		return err
	}
}

// endViewers ends the streams of a viewing token that was revoked.
func (s *Service) endViewers(token string) {
	ended := s.viewers.EndSession(httpapi.ViewingSession(token))
	s.log.Info("a viewing token was revoked", "token", token, "streams", ended)
}

// task runs a part in a goroutine of its own that ends by Close.
func (s *Service) task(part func() error) {
	s.tasks.Add(1)
	go func() {
		defer s.tasks.Done()
		if err := part(); err != nil && !errors.Is(err, http.ErrServerClosed) {
			select {
			case s.failure <- err:
			default:
			}
		}
	}()
}

// Close stops everything in reverse: no more requests, the recording finished, the viewers told.
func (s *Service) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), goodbye)
	defer cancel()
	if s.server.Shutdown(ctx) != nil {
		_ = s.server.Close()
	}
	if s.front != nil {
		s.front.Close(ctx)
	}
	s.closePorts() // where Run never was
	s.recorder.Close()
	s.viewers.Close()
	s.cancel()
	s.tasks.Wait()
}
