package shm

import (
	"log/slog"
	"time"
)

// options are what readers of both layouts are opened with.
type options struct {
	log   *slog.Logger
	news  News // nil: sleep in the kernel
	timer *time.Timer
}

// Option changes how a reader is opened.
type Option func(*options)

// WithLogger says where segments that come, go or are refused are logged; the default is slog.Default().
func WithLogger(log *slog.Logger) Option { return func(o *options) { o.log = log } }

// WithNews has the reader wait for what another reader of this process tells, and look without it four times a second.
func WithNews(news News) Option {
	return func(o *options) {
		o.news, o.timer = news, time.NewTimer(time.Hour)
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

// waitForRecord sleeps until *word is no longer seen, or not much longer.
func (o *options) waitForRecord(word *uint32, seen uint32) {
	if o.news != nil {
		o.news.wait(o.timer, longestSleep)
	} else {
		waitFutex(word, seen, longestSleep)
	}
}

// waitUntil is waitForRecord where no word tells of one: it sleeps until the next look is due.
func (o *options) waitUntil(due time.Duration) {
	if o.news != nil {
		o.news.wait(o.timer, longestSleep)
	} else {
		nap(due)
	}
}
