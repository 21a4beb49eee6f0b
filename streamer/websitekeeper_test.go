package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestThePageIsServedOnceHoweverOftenThatIsSaid(t *testing.T) {
	began, ended := make(chan bool, 9), make(chan bool, 9)
	k := &websiteKeeper{log: quiet(), serve: func(ctx context.Context, _ func()) error {
		began <- true
		<-ctx.Done()
		ended <- true
		return nil
	}}
	k.Turn(false)
	k.Turn(true)
	k.Turn(true)
	<-began
	k.Turn(false)
	<-ended
	k.Turn(true)
	<-began
	k.Close()
	<-ended
	k.Turn(true)
	k.Close()
	if len(began) != 0 || len(ended) != 0 {
		t.Error("it began once more")
	}
}

func TestWhyThePageIsNotServedIsAFaultAndSaidOnce(t *testing.T) {
	log, tried := &logBuffer{}, make(chan bool)
	var serves atomic.Bool
	k := &websiteKeeper{pause: time.Millisecond, log: slog.New(slog.NewTextHandler(log, nil)), serve: func(ctx context.Context, _ func()) error {
		tried <- true
		if serves.Load() {
			<-ctx.Done()
			return nil
		}
		return errors.New("the port is taken")
	}}
	k.Turn(true)
	defer k.Close()
	<-tried
	<-tried
	if got := k.Faults(); len(got) != 1 || got[0] != "the port is taken" || strings.Count(log.String(), "taken") != 1 {
		t.Error(got, log)
	}
	serves.Store(true)
	<-tried
	k.Turn(false)
	if got := k.Faults(); got != nil {
		t.Error(got)
	}
}

func TestWhatIsToBeBegunAnewIsBegunAtOnce(t *testing.T) {
	began := make(chan bool)
	k := &websiteKeeper{log: quiet(), serve: func(context.Context, func()) error { began <- true; return nil }}
	k.Turn(true)
	for range 5 {
		<-began
	}
	go func() {
		for range began { // what waits to be received must not hold up the end
		}
	}()
	k.Close()
	close(began)
}

func TestAPageThatHangsIsNoticedAndOneThatIsNotWantedIsNone(t *testing.T) {
	served, goOn := make(chan func()), make(chan bool)
	k := &websiteKeeper{log: quiet(), serve: func(ctx context.Context, alive func()) error {
		served <- alive
		<-ctx.Done()
		<-goOn
		return nil
	}}
	before := time.Now()
	if last := k.LastActive(); last.Before(before) {
		t.Error("a page that nobody wants hangs:", last)
	}
	k.Turn(true)
	alive := <-served
	begun := k.LastActive()
	if again := k.LastActive(); !again.Equal(begun) {
		t.Error("it is alive without saying so:", begun, again)
	}
	alive()
	if last := k.LastActive(); !last.After(begun) {
		t.Error("it said that it is alive:", last)
	}
	close(goOn)
	k.Close()
	if last := k.LastActive(); time.Since(last) > time.Minute || !last.After(begun) {
		t.Error("a page that has ended hangs:", last)
	}
}
