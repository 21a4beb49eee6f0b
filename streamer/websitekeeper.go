package main

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// websiteKeeper serves the page while that is wanted, and tries again where its port or its state cannot be opened yet.
type websiteKeeper struct {
	// serve does so once; its error is nil where it is to be begun anew at once. It calls alive each few seconds.
	serve func(ctx context.Context, alive func()) error
	pause time.Duration // between tries
	log   *slog.Logger

	lastActive atomic.Pointer[time.Time] // with its monotonic reading

	mu     sync.Mutex // guards what follows
	closed bool
	end    func() // returns once it has ended; nil: it is not served

	saying sync.Mutex // guards what follows
	fault  string     // why it is not served; empty: nothing is wrong
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
	defer k.say("")
	for ctx.Err() == nil {
		k.alive()
		err := k.serve(ctx, k.alive)
		if err == nil {
			k.say("")
			continue
		}
		k.say(err.Error())
		select {
		case <-ctx.Done():
		case <-time.After(k.pause):
		}
	}
}

func (k *websiteKeeper) alive() {
	now := time.Now()
	k.lastActive.Store(&now)
}

// LastActive is when the page last answered, or was tried to be served; now, where it is not wanted.
func (k *websiteKeeper) LastActive() time.Time {
	k.mu.Lock() // who hangs in Turn is noticed by this one's not coming back
	defer k.mu.Unlock()
	if last := k.lastActive.Load(); k.end != nil && last != nil {
		return *last
	}
	return time.Now()
}

// say keeps what is wrong, and logs it once.
func (k *websiteKeeper) say(fault string) {
	k.saying.Lock()
	defer k.saying.Unlock()
	if fault != "" && fault != k.fault {
		k.log.Warn("the page is not served yet", "error", fault, "tried_again_each", k.pause)
	}
	k.fault = fault
}

// Faults is why the page is not served, in one line with the remedy; else nothing.
func (k *websiteKeeper) Faults() []string {
	k.saying.Lock()
	defer k.saying.Unlock()
	if k.fault == "" {
		return nil
	}
	return []string{k.fault}
}
