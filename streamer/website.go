package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/config"
	"petcam/streamer/internal/library"
	"petcam/streamer/internal/network"
	"petcam/streamer/internal/page"
	"petcam/streamer/internal/record"
	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/site"
	"petcam/streamer/internal/site/elsewhere"
	"petcam/streamer/internal/site/feed"
	"petcam/streamer/internal/site/live"
	"petcam/streamer/internal/site/login"
	"petcam/streamer/internal/site/recordings"
	"petcam/streamer/internal/site/turns"
)

const (
	placeLooks = 2 * time.Second  // between looks whether the disk of the state has come or gone
	feedHangs  = 10 * time.Second // after which a feed that somebody listens to hangs
)

// website is petcam's page as this service serves it (web.server: go): the state that it has opened, and the rooms that
// answer. It is for one serve.
type website struct {
	service  *Service
	settings config.Config
	state    *visitorState
	streams  *site.Streams
	login    *login.Pages
	feed     *feed.Feed
	live     *live.Live
	turns    *turns.Turns
	server   *http.Server
}

// newWebsite opens the state.
func (s *Service) newWebsite() (*website, error) {
	bundle, err := page.Open(cmp.Or(s.settings.Camera.Name, "petcam"))
	if err != nil {
		return nil, err
	}
	w := &website{service: s, settings: s.settings, streams: site.NewStreams(s.settings.Web.Threads)}
	w.settings.WebRTC.Backend = "go" // there is no other here, which the configuration's warning says
	if w.state, err = openVisitorState(w.settings, webState(), s.log); err != nil {
		return nil, err
	}
	w.login = w.state.pages(s.server.EndSession, s.log)
	w.turns = turns.New(s.turnsOptions())
	w.live = live.New(w.liveOptions())
	w.feed = feed.New(w.feedOptions())
	all := site.New(site.Options{
		Bundle:     bundle,
		Config:     w.settings,
		Visitors:   w.login.Visitors(),
		Names:      func() []string { return machineNames(nameFile) },
		CameraOn:   w.turns.CameraOn,
		Microphone: w.turns.Microphone,
		TLSProof:   s.tlsProof,
		Connect:    (*site.Request).StreamerOrigin,
		Log:        s.log,
	})
	all.Add(w.routes()...)
	w.server = site.NewServer(all, s.log)
	return w, nil
}

// routes are those of all rooms.
func (w *website) routes() []site.Route {
	return slices.Concat(
		w.login.Routes(),
		w.live.Routes(),
		w.turns.Routes(),
		w.feed.Routes(),
		recordings.New(w.recordingsOptions()).Routes(),
		elsewhere.Routes(),
	)
}

func (w *website) recordingsOptions() recordings.Options {
	s := w.service
	return recordings.Options{
		Directory: library.Open(s.settings.Recording.Directory, s.log),
		Camera:    s.settings.Camera.Name,
		Missing: func() string {
			if status := s.recorder.Status(); status.Reason == record.DiskNotMounted {
				return status.Error
			}
			return ""
		},
	}
}

// parts are what rooms do while nobody asks; each ends with its context, before the server does.
func (w *website) parts() []func(context.Context) {
	return []func(context.Context){w.turns.Run, w.feed.Run, letGo}
}

func (w *website) liveOptions() live.Options {
	s := w.service
	options := live.Options{
		Config:  w.settings,
		API:     s.server,
		Streams: w.streams,
		Size: func() live.Size {
			health := s.camera.Health()
			return live.Size{Width: health.Width, Height: health.Height, Aspect: health.Aspect}
		},
		Troubles: w.troubles,
		Beside:   w.beside(),
	}
	if s.maker != nil {
		options.Token = s.maker.Make
	}
	return options
}

// troubles are what is wrong with the state.
func (w *website) troubles() []*apierror.Error {
	all := slices.Concat(w.state.passwords.Troubles(), w.login.Visitors().Troubles(), w.turns.Troubles())
	if trouble := w.service.chosen.Trouble(); trouble != nil {
		all = append(all, trouble)
	}
	return all
}

func (s *Service) turnsOptions() turns.Options {
	return turns.Options{
		Config:   s.settings,
		Camera:   s.cameraTurn,
		Sound:    s.soundTurn,
		Schedule: s.chosen.Schedule,
		OpenSound: func() turns.Source {
			return shm.OpenSound(s.settings.Camera.Audio, shm.WithLogger(slog.New(slog.DiscardHandler)), shm.WithGate(s.turned))
		},
		Log: s.log,
	}
}

// beside is what the health has besides the streamer's.
func (w *website) beside() []live.Beside {
	return []live.Beside{
		{Name: "events", Tell: live.NoEvents},
		{Name: "sound", Tell: w.turns.SoundHealth},
		{Name: "camera_switch", Tell: w.turns.CameraJSON},
	}
}

// serve answers until ctx ends, or until the disk of the state has come or gone: then what is there is to be opened anew.
// All that it began has ended when it returns, and the state is written. Its error is that the port has failed.
func (w *website) serve(ctx context.Context, listener net.Listener, alive func()) error {
	var keeper, parts sync.WaitGroup
	keeping, endKeeper := context.WithCancel(context.Background())
	keeper.Add(1)
	go func() { defer keeper.Done(); w.state.keep(keeping, w.service.server.EndSession) }()
	inside, end := context.WithCancel(ctx)
	prove := func(ctx context.Context) {
		proveAlive(ctx, listener.Addr(), func() {
			if time.Since(w.feed.LastActive()) < feedHangs {
				alive()
			}
		})
	}
	for _, part := range append(w.parts(), prove) {
		parts.Add(1)
		go func() { defer parts.Done(); part(inside) }()
	}
	w.server.BaseContext = func(net.Listener) context.Context { return inside } // so that open streams end with it
	served := make(chan error, 1)
	go func() { served <- w.server.Serve(listener) }()
	err := w.wait(ctx, served)
	end()
	w.shutDown()
	parts.Wait()
	endKeeper()
	keeper.Wait()
	return err
}

// wait is until the website is to end.
func (w *website) wait(ctx context.Context, served <-chan error) error {
	ticker := time.NewTicker(placeLooks)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-served:
			return fmt.Errorf("the page's port has failed: %w", err)
		case <-ticker.C:
			if w.state.place.HasChanged() {
				w.service.log.Warn("the disk of the state has come or gone: it is opened anew", "directory", webState())
				return nil
			}
		}
	}
}

// proveAlive calls alive each time that the page's port has answered, until ctx ends.
func proveAlive(ctx context.Context, address net.Addr, alive func()) {
	client := clientOf(address)
	ticker := time.NewTicker(checkInterval)
	defer ticker.Stop()
	for {
		if request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/healthz", nil); err == nil {
			if response, err := client.Do(request); err == nil {
				_ = response.Body.Close()
				alive()
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (w *website) shutDown() {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if w.server.Shutdown(ctx) != nil {
		_ = w.server.Close()
	}
}

// serveWebsite serves the page until ctx ends, or until it is to be begun anew. Its error is why it could not begin or go on, in
// one line.
func (s *Service) serveWebsite(ctx context.Context, alive func()) error {
	web := s.settings.Web
	port, err := holdPort(web.Host, web.Port)
	if err != nil {
		return err
	}
	defer port.free()
	release, err := holdState()
	if err != nil {
		return err
	}
	defer release()
	made, err := s.newWebsite() // once the port is had: who had it has written the state
	if err != nil {
		return err
	}
	s.log.Info("serving the page", "address", port.Addr().String())
	if s.settings.Auth.Mode == "none" && !network.IsLoopback(web.Host) {
		s.log.Warn("auth.mode is none: everybody who reaches the port sees the camera", "port", web.Port)
	}
	defer beFrugal()()
	return made.serve(ctx, site.Limit(port, s.log), alive)
}

// tlsProof is by which the page knows this service's own TLS proxy; empty without one.
func (s *Service) tlsProof() string {
	if s.key == nil {
		return ""
	}
	secret, err := s.key.Secret()
	if err != nil {
		return ""
	}
	return site.TLSProof(secret)
}
