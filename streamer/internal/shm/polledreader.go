package shm

import (
	"cmp"
	"errors"
	"log/slog"
	"time"
)

const (
	// searchInterval is how often a PolledReader looks for a segment that is not there, in ns.
	searchInterval = 250_000_000
	// lookPause is between two looks for a record in a segment whose writer tells nobody of it.
	lookPause = 20 * time.Millisecond
)

// PolledLayout is one kind of shared memory whose records, of type T, are looked for. A PolledReader calls its
// methods one at a time; Next and HasName only while the segment is open.
type PolledLayout[T any] interface {
	// Open opens the segment called name. It fails with ErrNoData or a Refusal.
	Open(name string) error
	IsOpen() bool
	// HasName says whether the segment is still the one under its name.
	HasName() bool
	// Next copies the next record that is whole and makes sense, if one is there, and gives how many it passed over. Its
	// error says what is wrong with one of them. It may close a segment that cannot be read any more.
	Next(to *T) (found bool, skipped uint64, err error)
	Close()
}

// ringing is a PolledLayout whose writer wakes who waits for its records. Its methods are called while it is open.
type ringing interface {
	news() (word uint32, known bool)
	wait(seen uint32)
}

// moment is what a reader knew of its segment before it looked for a record.
type moment struct {
	word  uint32
	known bool
}

// PolledReader reads the records of whatever segment has the name, now and later: from the oldest on that is still
// there. It maps nothing, so no writer can do it harm. It is for one goroutine at a time.
type PolledReader[T any] struct {
	name    string
	kind    string // of the segment, for the log
	layout  PolledLayout[T]
	at      func(*T) uint64 // its capture_ns
	door    doorway
	log     *slog.Logger
	skipped uint64
	looked  uint64 // when the segment was last looked for, ns; 0: never
	refusal string // that was logged last
	warned  uint64 // when a wrong record was last logged, ns; 0: never
	mistake string // of the record that was last refused
}

func newPolledReader[T any](kind, name string, layout PolledLayout[T], at func(*T) uint64, options []Option) *PolledReader[T] {
	chosen := choose(options)
	return &PolledReader[T]{kind: kind, name: name, layout: layout, at: at, door: doorway{gate: chosen.gate}, log: chosen.log}
}

// Poll copies the next record, if one is there; it never waits for one. What was in to before is overwritten, its
// slices' contents too.
func (r *PolledReader[T]) Poll(to *T) bool {
	if !r.attach() {
		return false
	}
	found := r.next(to)
	for found && r.at(to) < r.door.since {
		found = r.next(to)
	}
	if !found && r.layout.IsOpen() && !r.layout.HasName() {
		r.layout.Close()
		r.looked = 0 // another may be there already
	}
	return found
}

// Await is Poll that waits where no record is there: until one may be, MaxSleep at most. It may return early.
func (r *PolledReader[T]) Await(to *T) bool {
	news := r.news()
	if r.Poll(to) {
		return true
	}
	r.wait(news)
	return false
}

// news is to be asked before a Poll, and to be given to wait: a record or the writer's end that comes in between is not
// missed then.
func (r *PolledReader[T]) news() (before moment) {
	if layout, rings := r.layout.(ringing); rings && r.layout.IsOpen() {
		before.word, before.known = layout.news()
	}
	return before
}

// wait sleeps after a Poll that found nothing.
func (r *PolledReader[T]) wait(before moment) {
	layout, rings := r.layout.(ringing)
	switch {
	case !r.layout.IsOpen() && r.looked == 0: // another segment may be there already
	case !r.layout.IsOpen():
		Sleep(MaxSleep)
	case !rings:
		Sleep(lookPause)
	case before.known:
		layout.wait(before.word)
	}
}

func (r *PolledReader[T]) next(to *T) bool {
	found, skipped, err := r.layout.Next(to)
	r.skipped += skipped
	if err != nil {
		r.warn(err)
	}
	return found
}

// Skipped counts the records that were lost because this reader fell behind or refused them.
func (r *PolledReader[T]) Skipped() uint64 { return r.skipped }

// Fault is why the segment was refused last, else a record; empty: none was.
func (r *PolledReader[T]) Fault() string { return cmp.Or(r.refusal, r.mistake) }

// Close closes the segment.
func (r *PolledReader[T]) Close() { r.layout.Close() }

// attach says whether a segment is open, after looking for one now and then. A refusal is logged once.
func (r *PolledReader[T]) attach() bool {
	now := Now()
	if !r.door.passes() {
		r.layout.Close()
		r.looked = now
		return false
	}
	if r.layout.IsOpen() {
		return true
	}
	if r.looked != 0 && now < r.looked+searchInterval {
		return false
	}
	r.looked = now
	err := r.layout.Open(r.name)
	if err != nil {
		r.noteRefusal(err)
	}
	return err == nil
}

func (r *PolledReader[T]) noteRefusal(err error) {
	if why := Refusal(""); errors.As(err, &why) && string(why) != r.refusal {
		r.refusal = string(why)
		r.log.Warn("the "+r.kind+" segment is refused", "segment", r.name, "reason", why)
	}
}

// warn logs a writer's mistake, now and then.
func (r *PolledReader[T]) warn(reason error) {
	r.mistake = reason.Error()
	now := Now()
	if r.warned == 0 || now >= r.warned+mistakeLogInterval {
		r.warned = now
		r.log.Warn("a record of "+r.kind+" is refused", "segment", r.name, "reason", reason)
	}
}
