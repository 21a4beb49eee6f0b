package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"
	"time"

	"petcam/streamer/internal/camera"
	"petcam/streamer/internal/config"
	"petcam/streamer/internal/httpapi"
	"petcam/streamer/internal/record"
	"petcam/streamer/internal/rtc"
	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/token"
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
	monitor  *monitor
	dog      *watchdog.Watchdog

	ctx     context.Context // ends at Close
	cancel  context.CancelFunc
	tasks   sync.WaitGroup // the goroutines of Run
	failure chan error     // of the first that ends by itself
}

// Open takes the ports. Nothing flows yet. Its error is one line that names port and key. gate lets viewers in; nil:
// everybody may watch.
func Open(settings config.Config, gate *token.Gate, log *slog.Logger) (*Service, error) {
	listener, err := listen(settings.Streamer.Host, settings.Streamer.Port)
	if err != nil {
		return nil, portError("streamer.port", "TCP", settings.Streamer.Host, settings.Streamer.Port, err)
	}
	viewers, err := rtc.New(rtc.Options{
		Host:       settings.Streamer.Host,
		Port:       settings.WebRTC.UDPPort,
		ExtraHosts: settings.WebRTC.ExtraHosts,
		ICEServers: settings.WebRTC.ICEServers,
		MaxViewers: settings.WebRTC.MaxViewers,
		Log:        log,
	})
	if err != nil {
		_ = listener.Close()
		return nil, portError("webrtc.udp_port", "UDP", settings.Streamer.Host, settings.WebRTC.UDPPort, err)
	}
	s := &Service{log: log, viewers: viewers, listener: listener, failure: make(chan error, 1)}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.wire(settings, gate)
	return s, nil
}

// wire makes the parts that cannot fail.
func (s *Service) wire(settings config.Config, gate *token.Gate) {
	s.recorder = record.New(recording(settings.Recording, s.log), func() record.Source { return s.reader(settings.Camera) })
	s.camera = camera.New(s.reader(settings.Camera), s.viewers.Publish)
	s.server = httpapi.New(httpapi.Options{
		Viewers:   s.viewers,
		Recorder:  s.recorder,
		Camera:    s.camera,
		Tokens:    gate,
		WebPort:   settings.Web.Port,
		PublicURL: settings.Streamer.PublicURL,
		Version:   version,
		Log:       s.log,
	})
	s.monitor = newMonitor(s.Address())
	s.dog = watchdog.New(s.log,
		watchdog.Check{Name: "fan-out", LastTurn: s.camera.LastTurn},
		watchdog.Check{Name: "HTTP", LastTurn: s.monitor.LastTurn})
}

// reader is a reader of the video, whichever layout its daemon writes.
func (s *Service) reader(keys config.Camera) interface {
	camera.Source
	record.Source
} {
	if keys.Layout == "rdk-x5" {
		return shm.OpenRDK(keys.Stream, s.log)
	}
	return shm.Open(keys.Stream, shm.WithLogger(s.log))
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
	_ = s.listener.Close() // where Run never was
	s.recorder.Close()
	s.viewers.Close()
	s.cancel()
	s.tasks.Wait()
}

// listen opens the TCP port. "tcp" would make 0.0.0.0 mean IPv6 too.
func listen(host string, port int) (net.Listener, error) {
	network := "tcp"
	if address := net.ParseIP(host); address != nil && address.To4() != nil {
		network = "tcp4"
	}
	return net.Listen(network, net.JoinHostPort(host, strconv.Itoa(port)))
}

func portError(key, kind, host string, port int, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s: %s port %d on %s is taken by another program; end that or choose another port", key, kind, port, host)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("streamer.host: %s is not an address of this machine", host)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%s: %s port %d needs more rights; choose one above 1023", key, kind, port)
	}
	return fmt.Errorf("%s: %s port %d on %s cannot be opened: %w", key, kind, port, host, err)
}
