package shm

import (
	"log/slog"
	"time"
)

// options are what a Reader is made with.
type options struct {
	log    *slog.Logger
	wakeup Wakeup // nil: sleep in the kernel
	timer  *time.Timer
	gate   Gate
}

// Option changes how a Reader is made.
type Option func(*options)

// WithLogger says where segments that come, go or are refused are logged; the default is slog.Default().
func WithLogger(log *slog.Logger) Option { return func(o *options) { o.log = log } }

// WithWakeup has the Reader wait until another reader's owner calls Notify, and look without that four times a second.
func WithWakeup(wakeup Wakeup) Option {
	return func(o *options) {
		o.wakeup, o.timer = wakeup, time.NewTimer(time.Hour)
		o.timer.Stop()
	}
}

func choose(choices []Option) options {
	o := options{log: slog.Default()}
	for _, choice := range choices {
		choice(&o)
	}
	return o
}
