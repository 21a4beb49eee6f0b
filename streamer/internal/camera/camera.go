// Package camera runs a source of access units, passes them on and knows the camera's state. It imports h264 only.
//
// Its one goroutine is Run's; the caller of Run owns it.
package camera

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/h264"
)

// The states in which frames arrive, in the words of camera.state in docs/http-api.md.
const (
	live = "live"
	// NoKeyframe is the one in which decoding can begin at none of them.
	NoKeyframe = "no keyframe"
)

// maxWait bounds how long Run waits for frames at a time, so that LastActive shows it to be running without a camera.
const maxWait = 2 * time.Second

// Source gives access units in order. State is one of the words of camera.state in docs/http-api.md, with a message for
// people; it may be called at any time.
type Source interface {
	Next(context.Context) (h264.AccessUnit, error)
	State() (state, message string)
	Skipped() uint64            // access units that came and were lost or refused
	SilentAfter() time.Duration // without a picture, as State has it
	KeyframeNS() uint64         // capture_ns of the newest keyframe at which decoding can begin; 0: there is none
	Close() error
}

// Health is camera in the answer of GET /health.
type Health struct {
	State   string  `json:"state"`
	Message string  `json:"message"`
	Width   int     `json:"width"` // pixels; 0 before the first picture
	Height  int     `json:"height"`
	FPS     float64 `json:"fps"`     // pictures per second, over the last two or the newest two pictures; 0 unless they come
	Bitrate int64   `json:"bitrate"` // bits per second, likewise
	AgeMS   int64   `json:"age_ms"`  // since the newest picture was captured; -1 before the first
	Skipped uint64  `json:"skipped"` // pictures that were lost or refused since the start

	KeyframeAgeMS int64  `json:"keyframe_age_ms"` // since the newest keyframe was captured at which decoding can begin; -1: none
	Aspect        [2]int `json:"aspect"`          // a pixel's width and height
	SilentAfterMS int64  `json:"silent_after_ms"` // without a picture, as this camera sends them
}

// Camera hands the access units of one source to one sink, keyframes with all that decoding needs.
type Camera struct {
	source     Source
	sink       func(h264.AccessUnit)
	log        keyframeLog  // only Run's goroutine uses it
	begun      time.Time    // of New; carries the monotonic clock, so that a clock set anew does not matter
	lastActive atomic.Int64 // nanoseconds since begun

	mutex  sync.Mutex // guards what follows
	newest h264.AccessUnit
	recent window
	sets   h264.ParameterSets
	aspect [2]int // of the newest keyframe's SPS
}

// New makes a Camera; Run starts it.
func New(source Source, sink func(h264.AccessUnit), log *slog.Logger) *Camera {
	return &Camera{
		source: source, sink: sink, log: keyframeLog{log: log}, begun: time.Now(), aspect: [2]int{1, 1},
	}
}

// Run hands on access units until ctx ends, or the source fails, with the source's error. It closes the source.
func (c *Camera) Run(ctx context.Context) error {
	defer func() { _ = c.source.Close() }()
	for ctx.Err() == nil {
		if err := c.read(ctx); err != nil {
			return err
		}
		state, message := c.source.State()
		c.log.note(state, message, time.Now())
	}
	return nil
}

// read passes on the access units that come within maxWait. A context for each access unit would allocate for each.
func (c *Camera) read(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, maxWait)
	defer cancel()
	for {
		unit, err := c.source.Next(ctx)
		c.lastActive.Store(int64(time.Since(c.begun)))
		switch {
		case err != nil && ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
		c.sink(c.note(unit))
	}
}

// note takes note of an access unit and returns it, a keyframe with all parameter sets that decoding needs from there on.
func (c *Camera) note(unit h264.AccessUnit) h264.AccessUnit {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.sets.Update(unit.Data)
	if unit.Keyframe {
		unit.Data = c.sets.Complete(unit.Data)
		if sps, ok := c.sets.SPS(unit.Data); ok {
			c.aspect = sps.Aspect
		}
	}
	if unit.Epoch != c.newest.Epoch {
		c.recent = window{}
	}
	c.recent.add(unit.CaptureNS, len(unit.Data))
	c.newest = unit
	c.newest.Data = nil // its size is all that is wanted of it
	return unit
}

// ParameterSets gives those of the stream that have come up to now.
func (c *Camera) ParameterSets() h264.ParameterSets {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.sets.Clone()
}

// LastActive is when Run last returned from the source, with or without a frame; the zero time before it did. While it
// runs and the sink does not block it, that is never more than some seconds ago.
func (c *Camera) LastActive() time.Time {
	if since := c.lastActive.Load(); since != 0 {
		return c.begun.Add(time.Duration(since))
	}
	return time.Time{}
}

// Health is the camera's state now.
func (c *Camera) Health() Health {
	state, message := c.source.State()
	c.mutex.Lock()
	defer c.mutex.Unlock()
	health := Health{State: state, Message: message, Width: c.newest.Width, Height: c.newest.Height, AgeMS: -1,
		KeyframeAgeMS: -1, Aspect: c.aspect, SilentAfterMS: c.source.SilentAfter().Milliseconds()}
	health.Skipped = c.source.Skipped()
	if keyframe := c.source.KeyframeNS(); keyframe != 0 {
		health.KeyframeAgeMS = age(keyframe).Milliseconds()
	}
	if c.newest.Epoch != 0 {
		health.AgeMS = age(c.newest.CaptureNS).Milliseconds()
	}
	if state == live || state == NoKeyframe && health.AgeMS < windowTime.Milliseconds() {
		health.FPS, health.Bitrate = c.recent.rates()
	}
	return health
}

// age is how long ago a frame was captured, never below zero.
func age(captureNS uint64) time.Duration {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) // cannot fail with this clock
	return max(0, time.Duration(now.Nano()-int64(captureNS)))
}
