package main

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// websiteKeeper serves the page while that is wanted, and tries again where its port or its state cannot be opened yet.
type websiteKeeper struct {
	serve func(context.Context) error // once; nil: it is to be begun anew at once
	log   *slog.Logger

	mu     sync.Mutex // guards what follows
	closed bool
	end    func() // returns once it has ended; nil: it is not served
}

// Turn begins or ends to serve. It returns once what was served has ended.
func (k *websiteKeeper) Turn(on bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case on == (k.end != nil) || on && k.closed:
	case on:
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			k.keep(ctx)
		}()
		k.end = func() { cancel(); <-ended }
	default:
		k.end()
		k.end = nil
	}
}

// Close ends it for good.
func (k *websiteKeeper) Close() {
	k.Turn(false)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.closed = true
}

func (k *websiteKeeper) keep(ctx context.Context) {
	said := ""
	for ctx.Err() == nil {
		err := k.serve(ctx)
		if err == nil {
			said = ""
			continue
		}
		if words := err.Error(); words != said {
			k.log.Warn("the page is not served yet", "error", words, "tried_again_each", retryInterval)
			said = words
		}
		select {
		case <-ctx.Done():
		case <-time.After(retryInterval):
		}
	}
}
