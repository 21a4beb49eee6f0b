package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"petcam/streamer/internal/config"
)

// reloads reads web.server anew at each SIGHUP, which `systemctl reload` sends. All other keys stay as they were when the
// service started, until it is restarted.
type reloads struct {
	signals chan os.Signal
	file    string
	log     *slog.Logger
}

// newReloads heeds the signal from now on: without that it would end the process.
func newReloads(file string, log *slog.Logger) *reloads {
	r := &reloads{make(chan os.Signal, 1), file, log}
	signal.Notify(r.signals, syscall.SIGHUP)
	return r
}

// run calls turn with whether this service is to serve the page, until ctx ends.
func (r *reloads) run(ctx context.Context, turn func(on bool)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.signals:
			r.reload(turn)
		}
	}
}

func (r *reloads) reload(turn func(on bool)) {
	settings, err := config.Load(r.file, r.log)
	if err != nil {
		r.log.Error("the configuration has a mistake, so nothing changes", "error", err)
		return
	}
	r.log.Info("read the configuration anew", "web.server", settings.Web.Server)
	turn(servesPage(settings))
}

// stop heeds it no longer.
func (r *reloads) stop() { signal.Stop(r.signals) }
