package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"petcam/streamer/internal/camera"
	"petcam/streamer/internal/chosen"
	"petcam/streamer/internal/config"
	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/httpapi"
	"petcam/streamer/internal/microphone"
	"petcam/streamer/internal/offertoken"
	"petcam/streamer/internal/place"
	"petcam/streamer/internal/record"
	"petcam/streamer/internal/rtc"
	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/rdkx5"
	"petcam/streamer/internal/state"
	"petcam/streamer/internal/switches"
	"petcam/streamer/internal/tlsproxy"
	"petcam/streamer/internal/viewingtoken"
	"petcam/streamer/internal/watchdog"
)

// switchLooks is how often it is looked whether the owner has turned the camera off, or chosen what is recorded by itself.
const switchLooks = 250 * time.Millisecond

// shutdownTimeout is how long requests may still take when the service stops.
const shutdownTimeout = time.Second

// Service is all parts of petcam-streamer, wired together. Open, then Run, then Close.
type Service struct {
	log         *slog.Logger
	settings    config.Config
	viewers     *rtc.Server
	microphone  *microphone.Microphone // what the viewers hear; nil: camera.microphone is not set
	cameraTurn  *switches.Switch
	soundTurn   *switches.Switch
	turned      shm.Gate         // whether the owner lets the camera be on, and since when
	soundOn     func() bool      // whether the owner lets sound be heard and recorded
	chosen      *chosen.Settings // what a family has set on the page
	mode        record.Mode      // the configuration's, where they have chosen none
	recorder    *record.Recorder
	video       *shm.Reader // the camera's
	camera      *camera.Camera
	listener    net.Listener
	server      *httpapi.Server
	key         *offertoken.Key   // nil: nothing is signed
	maker       *offertoken.Maker // of offers' tokens; nil: they need none
	website     *websiteKeeper
	reloads     *reloads        // nil: what the configuration said stays
	proxy       *tlsproxy.Proxy // serves HTTPS on tlsListener; nil: there is none
	tlsListener net.Listener
	viewing     *viewingtoken.File // nil: WHEP needs no token
	monitor     *monitor
	watchdog    *watchdog.Watchdog

	ctx     context.Context // ends at Close
	cancel  context.CancelFunc
	tasks   sync.WaitGroup // the goroutines of Run
	failure chan error     // of the first that ends by itself
}

// Open opens the ports; nothing is served yet. Its error is one line that names port and key.
func Open(settings config.Config, access access, log *slog.Logger) (*Service, error) {
	s := &Service{
		log: log, settings: settings, key: access.key, maker: access.maker, proxy: access.proxy, viewing: access.viewing,
		failure: make(chan error, 1),
	}
	s.website = &websiteKeeper{serve: s.serveWebsite, pause: retryInterval, log: log}
	mark := switches.Mark()
	s.cameraTurn, s.soundTurn = switches.Camera(webState(), mark, log), switches.Sound(webState(), mark, log)
	s.turned, s.soundOn = s.cameraTurn.Turned, s.soundTurn.On
	s.chosen, s.mode = chosen.New(webState(), mark, log), record.Mode(settings.Recording.Mode)
	s.video = s.reader(settings.Camera)
	s.microphone = openMicrophone(settings.Camera, s.turned, s.soundOn, log)
	if err := s.openPorts(settings); err != nil {
		s.closePorts()
		return nil, err
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.wire(settings, access)
	return s, nil
}

func (s *Service) openPorts(settings config.Config) (err error) {
	if s.listener, err = openPort("streamer.port", settings.Streamer.Host, settings.Streamer.Port, s.log); err != nil {
		return err
	}
	if s.proxy != nil {
		if s.tlsListener, err = openPort("web.tls_port", settings.Web.Host, settings.Web.TLSPort, s.log); err != nil {
			return err
		}
	}
	s.viewers, err = rtc.New(rtc.Options{
		Host:       settings.Streamer.Host,
		Port:       settings.WebRTC.UDPPort,
		ExtraHosts: settings.WebRTC.ExtraHosts,
		ICEServers: settings.WebRTC.ICEServers,
		MaxViewers: settings.WebRTC.MaxViewers,
		Silent:     s.isSilent,
		Microphone: s.microphone,
		Log:        s.log,
	})
	if err != nil {
		return portError("webrtc.udp_port", "UDP", settings.Streamer.Host, settings.WebRTC.UDPPort, err)
	}
	return nil
}

// isSilent says whether no pictures come, whatever may still be there of those before.
func (s *Service) isSilent() bool {
	state, _ := s.video.State()
	return state != shm.Live && state != shm.NoKeyframe
}

// closePorts closes those that are open; to close them twice does no harm.
func (s *Service) closePorts() {
	for _, listener := range []net.Listener{s.listener, s.tlsListener} {
		if listener != nil {
			_ = listener.Close()
		}
	}
}

// wire makes the parts that cannot fail.
func (s *Service) wire(settings config.Config, access access) {
	wakeup, wakeupByItself := shm.NewWakeup(), shm.NewWakeup()
	s.camera = camera.New(s.video, func(unit h264.AccessUnit) {
		s.viewers.Publish(unit)
		wakeup.Notify()
		wakeupByItself.Notify()
	}, s.log)
	kept := recording(settings.Recording, s.log)
	kept.Mode = s.recordingMode()
	kept.ParameterSets, kept.SilentAfter = s.camera.ParameterSets, s.video.SilentAfter
	kept.Beside = func() record.Source { // a wakeup is for one reader, and each of these opens the segment anew
		return s.quietReader(settings.Camera)
	}
	kept.Boxes = func() record.Boxes { return s.detections(settings.Camera) }
	if settings.Recording.Sound == "on" && settings.Camera.Microphone != "" {
		kept.Sound = func() record.Sound {
			return shm.OpenSound(settings.Camera.Audio, shm.WithLogger(s.log), shm.WithGate(s.turned))
		}
		kept.SoundOn = s.soundOn
	}
	kept.ByItself = func() record.Source { return s.quietReader(settings.Camera, shm.WithWakeup(wakeupByItself)) }
	s.recorder = record.New(kept, func() record.Source {
		return s.reader(settings.Camera, shm.WithWakeup(wakeup))
	})
	options := httpapi.Options{
		Viewers:  s.viewers,
		Recorder: s.recorder,
		Past:     s.recorder,
		Keeper:   s.recorder,
		Camera:   s.camera,
		On:       s.isOn,
		Tokens:   access.verifier,
		Faults: func() []string {
			return slices.Concat(access.faults(), s.recorder.Faults(), s.chosenFaults(), s.website.Faults())
		},
		ICE:       settings.WebRTC.ICEServers,
		Names:     func() []string { return hostNames(settings) },
		Scrapers:  parseNetworks(settings.Streamer.MetricsAllow),
		WebPort:   settings.Web.Port,
		PublicURL: settings.Streamer.PublicURL,
		Version:   version,
		Log:       s.log,
	}
	if s.viewing != nil { // a nil *File in the interface would not be nil
		options.Viewing = s.viewing
	}
	s.obey() // before anybody can ask for anything
	s.server = httpapi.New(options)
	if s.proxy != nil {
		s.proxy.Handle("/whep", s.server.Handler)
	}
	s.monitor = newMonitor(s.Address())
	s.watchdog = watchdog.New(s.log,
		watchdog.Check{Name: "fan-out", LastActive: s.camera.LastActive},
		watchdog.Check{Name: "HTTP", LastActive: s.monitor.LastActive},
		watchdog.Check{Name: "page", LastActive: s.website.LastActive})
}

// quietReader makes one that says nothing in the log, where the camera's own says all.
func (s *Service) quietReader(keys config.Camera, options ...shm.Option) *shm.Reader {
	return s.reader(keys, append(options, shm.WithLogger(slog.New(slog.DiscardHandler)))...)
}

// reader makes a reader of the video, for the layout that the daemon writes.
func (s *Service) reader(keys config.Camera, options ...shm.Option) *shm.Reader {
	options = append([]shm.Option{shm.WithLogger(s.log), shm.WithGate(s.turned)}, options...)
	if keys.Layout == "rdk-x5" {
		return rdkx5.Open(keys.Stream, options...)
	}
	return shm.Open(keys.Stream, options...)
}

// detections makes a reader of the detector's results, for the layout that it writes.
func (s *Service) detections(keys config.Camera) *shm.DetectionReader {
	if keys.Layout == "rdk-x5" {
		return rdkx5.OpenDetections(keys.Detections, shm.WithLogger(s.log), shm.WithGate(s.turned))
	}
	return shm.OpenDetections(keys.Detections, shm.WithLogger(s.log), shm.WithGate(s.turned))
}

// recordingsPlace is nil where nobody gave the service a directory to remember the recordings' disk in: in a checkout.
func recordingsPlace(directory string, log *slog.Logger) *place.Place {
	if os.Getenv("STATE_DIRECTORY") == "" {
		return nil
	}
	return place.New(directory, state.Directory(), log)
}

// webState is petcam-web's state directory, where the viewing tokens are.
func webState() string { return filepath.Dir(viewingtoken.Path(state.Directory())) }

// picturesFolder is where petcam-web keeps the pictures of visits.
func picturesFolder() string { return filepath.Join(webState(), "pictures") }

func recording(keys config.Recording, log *slog.Logger) record.Options {
	return record.Options{
		Directory: keys.Directory,
		Place:     recordingsPlace(keys.Directory, log),
		PreRoll:   time.Duration(keys.PreRollSeconds * float64(time.Second)),
		Segment:   time.Duration(keys.SegmentMinutes) * time.Minute,
		MaxBytes:  keys.MaxBytes,
		Pictures:  picturesFolder(),
		PostRoll:  time.Duration(keys.PostRollSeconds * float64(time.Second)),
		MaxAge:    days(keys.MaxAgeDays),
		VisitAge:  days(keys.VisitDays),
		AlwaysAge: days(keys.AlwaysDays),
		MinFree:   keys.MinFreeBytes,
		Log:       log,
	}
}

func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

// Address is that of the HTTP port.
func (s *Service) Address() net.Addr { return s.listener.Addr() }

// Run serves until ctx ends, or until a part fails, with its error.
func (s *Service) Run(ctx context.Context) error {
	s.task(func() error { return s.camera.Run(s.ctx) })
	s.task(func() error { return s.server.Serve(s.listener) })
	if s.proxy != nil {
		s.task(func() error { return s.proxy.Serve(s.tlsListener) })
		s.task(func() error { s.proxy.KeepCurrent(s.ctx); return nil })
	}
	if s.viewing != nil {
		s.task(func() error { s.viewing.Watch(s.ctx, s.endViewers); return nil })
	}
	s.website.Turn(servesPage(s.settings))
	if s.reloads != nil {
		s.task(func() error { s.reloads.run(s.ctx, s.website.Turn); return nil })
	}
	s.task(func() error { s.obeyOwner(); return nil })
	s.task(func() error { s.recorder.Recover(); return nil }) // may take a while, in the background
	if _, err := s.monitor.check(ctx); err != nil && ctx.Err() == nil {
		return err // the port does not answer
	}
	s.log.Info("petcam-streamer is ready", "version", version, "address", s.Address().String())
	s.watchdog.Start()
	defer s.watchdog.Stop()
	s.task(func() error { s.monitor.run(s.ctx, s.watchdog.Status); return nil })
	select {
	case <-ctx.Done():
		return nil
	case err := <-s.failure:
		return err
	}
}

// isOn tells whether the owner lets the camera be on.
func (s *Service) isOn() bool {
	on, _ := s.turned()
	return on
}

func (s *Service) obey() {
	on := s.isOn()
	s.viewers.Turn(on)
	s.recorder.Turn(on)
	s.recorder.SetMode(s.recordingMode())
}

// recordingMode is what is to be recorded by itself.
func (s *Service) recordingMode() record.Mode {
	return cmp.Or(record.Mode(s.chosen.RecordingMode()), s.mode)
}

// chosenFaults says what is wrong with the settings, in one line with the remedy; else nothing.
func (s *Service) chosenFaults() []string {
	if fault := s.chosen.Fault(); fault != "" {
		return []string{fault}
	}
	return nil
}

// endViewers ends the streams of a viewing token that was revoked.
func (s *Service) endViewers(token string) {
	ended := s.viewers.EndSession(httpapi.ViewingSession(token))
	s.log.Info("a viewing token was revoked", "token", token, "streams", ended)
}

// obeyOwner ends, while the camera is off, whatever shows or records it; that nothing of it is read any more is the
// readers' own business. It is done again and again, so that what began in the same moment ends as well. What is recorded
// by itself is as was chosen.
func (s *Service) obeyOwner() {
	ticker := time.NewTicker(switchLooks)
	defer ticker.Stop()
	for {
		s.obey()
		select {
		case <-s.ctx.Done():
			return
		case <-ticker.C:
		}
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

// Close stops everything in reverse: the page is no longer served, requests are refused, the recording is finished, viewers are disconnected.
func (s *Service) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	s.website.Close()
	if s.server.Shutdown(ctx) != nil {
		_ = s.server.Close()
	}
	if s.proxy != nil {
		s.proxy.Close(ctx)
	}
	s.closePorts() // where Run never was
	s.recorder.Close()
	s.viewers.Close()
	if s.microphone != nil {
		s.microphone.Close()
	}
	s.cancel()
	s.tasks.Wait()
}
