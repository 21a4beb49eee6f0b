package shm

import "errors"

// errShut says that a segment may not be read now.
var errShut = errors.New("the camera is off")

// Gate says whether a segment may be read, and from when on what was captured may be, in ns of CLOCK_MONOTONIC.
type Gate func() (open bool, since uint64)

// WithGate has the Reader read nothing while gate is shut: it closes the segment, and of one that it opens behind that
// it gives nothing that was captured before.
func WithGate(gate Gate) Option { return func(o *options) { o.gate = gate } }

// doorway is a Gate as a Reader goes through it.
type doorway struct {
	gate   Gate   // nil: it is always open
	isSeen bool   // the Reader has seen it open
	opened uint64 // when it was opened, as it said last
	since  uint64 // from when on what was captured may be read
}

// passes looks. What is since when is settled whenever that is another: a Reader that did not look while it was shut learns
// by that that it was. A time of another boot says nothing, and would come to mean something only later.
func (d *doorway) passes() bool {
	if d.gate == nil {
		return true
	}
	open, since := d.gate()
	if open && (!d.isSeen || since != d.opened) {
		d.isSeen, d.opened, d.since = true, since, since
		if since > Now() {
			d.since = 0
		}
	}
	return open
}
