// Package watchdog notifies systemd of the service's state: ready, stopping, its status in words, and alive. Outside
// systemd it does nothing. It imports nothing of the streamer.
//
// Its one goroutine notifies systemd's watchdog; Start begins and Stop ends it.
package watchdog

import (
	"log/slog"
	"os"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// Check is a loop of the service that must stay active.
type Check struct {
	Name       string
	LastActive func() time.Time // when it was last active; the zero time before it was
}

// Watchdog notifies systemd's watchdog for as long as every check was active within systemd's interval (WatchdogSec=).
type Watchdog struct {
	log      *slog.Logger
	checks   []Check
	interval time.Duration // 0: systemd has no watchdog for the service
	stop     chan struct{}
	stopped  chan struct{}
}

// New makes a Watchdog; Start starts it.
func New(log *slog.Logger, checks ...Check) *Watchdog {
	w := &Watchdog{log: log, checks: checks, stop: make(chan struct{}), stopped: make(chan struct{})}
	interval, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		log.Warn("systemd's watchdog interval is not a number; it is not fed", "reason", err)
		interval = 0
	}
	w.interval = interval
	return w
}

// IsWatched says whether systemd is there to be told.
func IsWatched() bool { return os.Getenv("NOTIFY_SOCKET") != "" }

// Waiting says, before there is a Watchdog, that the service is alive and waits for what the words say. Call it at least
// each few seconds.
func Waiting(words string) {
	// What systemd does not hear it takes for a service that hangs, and starts it again.
	_, _ = daemon.SdNotify(false, daemon.SdNotifyReady+"\n"+daemon.SdNotifyWatchdog+"\nSTATUS=waiting: "+words)
}

// Start says that the service is ready and starts the notifications. Call it once the port answers.
func (w *Watchdog) Start() {
	w.notify(daemon.SdNotifyReady)
	if w.interval == 0 {
		close(w.stopped)
		return
	}
	go w.run()
}

// Status says in words what the service does; systemctl status shows it.
func (w *Watchdog) Status(text string) { w.notify("STATUS=" + text) }

// Stop says that the service is stopping and ends the notifications. Call it once, after Start.
func (w *Watchdog) Stop() {
	w.notify(daemon.SdNotifyStopping)
	close(w.stop)
	<-w.stopped
}

func (w *Watchdog) run() {
	defer close(w.stopped)
	started := time.Now()
	ticker := time.NewTicker(w.interval / 4) // systemd wants at least two in its interval
	defer ticker.Stop()
	hanging := ""
	for {
		before := hanging
		if hanging = w.hanging(started); hanging == "" {
			w.notify(daemon.SdNotifyWatchdog)
		} else if hanging != before {
			w.log.Error("a part of the service hangs; systemd will restart it", "part", hanging, "for", w.interval)
		}
		select {
		case <-w.stop:
			return
		case <-ticker.C:
		}
	}
}

// hanging names a check that was not active within the interval, if there is one. After the start each has that time.
func (w *Watchdog) hanging(started time.Time) string {
	for _, check := range w.checks {
		last := check.LastActive()
		if last.Before(started) {
			last = started
		}
		if time.Since(last) > w.interval {
			return check.Name
		}
	}
	return ""
}

func (w *Watchdog) notify(message string) {
	if _, err := daemon.SdNotify(false, message); err != nil {
		w.log.Warn("systemd cannot be told", "message", message, "reason", err)
	}
}
