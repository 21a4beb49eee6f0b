// Package logs is the log of the service: what a client sent cannot forge lines, and nobody can flood the disk. It
// imports nothing of the streamer. petcam/system/logs.py is the same in Python.
package logs

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"
	"unicode/utf8"
)

// Each place in the code that logs has a bucket of lines, and all have one together. What is over is left out and counted
// in the next line of that place.
const (
	linesOfPlace, timePerLineOfPlace = 50, 10 * time.Second
	lines, timePerLine               = 100, time.Second

	maxLineBytes = 1000 // of a line, which is cut there
)

// New makes a handler that writes lines of text, of level Info and above. slog quotes what is not printable.
func New(out io.Writer) slog.Handler { return newHandler(out, time.Now) }

func newHandler(out io.Writer, now func() time.Time) handler {
	limit := &limit{now: now, all: newBucket(lines, timePerLine, now()), places: map[uintptr]*place{}}
	return handler{slog.NewTextHandler(cutter{out}, nil), limit}
}

// handler leaves lines out; those made from it by With share its limit.
type handler struct {
	slog.Handler
	limit *limit
}

func (h handler) Handle(ctx context.Context, record slog.Record) error {
	leftOut, write := h.limit.allow(record.PC)
	if !write {
		return nil
	}
	if leftOut > 0 {
		record.Message = fmt.Sprintf("(%d like this left out) %s", leftOut, record.Message)
	}
	return h.Handler.Handle(ctx, record)
}

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs), h.limit}
}

func (h handler) WithGroup(name string) slog.Handler {
	return handler{h.Handler.WithGroup(name), h.limit}
}

// cutter cuts lines that are long. slog writes each by one Write.
type cutter struct{ out io.Writer }

func (c cutter) Write(line []byte) (int, error) {
	whole := len(line)
	if whole > maxLineBytes {
		end := maxLineBytes
		for end > 0 && !utf8.RuneStart(line[end]) {
			end--
		}
		line = append(line[:end:end], " …\n"...)
	}
	if _, err := c.out.Write(line); err != nil {
		return 0, err
	}
	return whole, nil
}

// limit bounds the lines. The number of places is that of the calls in the code, so what is remembered has a bound.
type limit struct {
	now func() time.Time

	mu     sync.Mutex // guards what follows
	all    bucket
	places map[uintptr]*place
}

// place is a call in the code that logs.
type place struct {
	bucket
	leftOut int
}

// allow tells whether a line may be written, and how many of its place were left out before it.
func (l *limit) allow(caller uintptr) (leftOut int, write bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	p, known := l.places[caller]
	if !known {
		p = &place{bucket: newBucket(linesOfPlace, timePerLineOfPlace, now)}
		l.places[caller] = p
	}
	if !p.hasLine(now) || !l.all.hasLine(now) {
		p.leftOut++
		return 0, false
	}
	p.left--
	l.all.left--
	leftOut, p.leftOut = p.leftOut, 0
	return leftOut, true
}

// bucket holds at most size lines; one is added in each interval.
type bucket struct {
	size     float64
	interval time.Duration
	left     float64
	at       time.Time
}

func newBucket(size float64, interval time.Duration, now time.Time) bucket {
	return bucket{size: size, interval: interval, left: size, at: now}
}

func (b *bucket) hasLine(now time.Time) bool {
	b.left = min(b.size, b.left+float64(now.Sub(b.at))/float64(b.interval))
	b.at = now
	return b.left >= 1
}
