package shm

import (
	"errors"
	"log/slog"

	"petcam/streamer/internal/detections"
)

// searchInterval is how often a DetectionReader looks for a segment that is not there, in ns.
const searchInterval = 250_000_000

// DetectionLayout is one kind of a detector's shared memory. A DetectionReader calls its methods one at a time; Next and
// HasName only while the segment is open.
type DetectionLayout interface {
	// Open opens the segment called name. It fails with ErrNoData or a Refusal.
	Open(name string) error
	IsOpen() bool
	// HasName says whether the segment is still the one under its name.
	HasName() bool
	// Next copies the next result that is whole and makes sense, if one is there, and gives how many it passed over. Its
	// error says what is wrong with one of them. It may close a segment that cannot be read any more.
	Next(to *detections.Result) (found bool, skipped uint64, err error)
	Close()
}

// DetectionReader reads the results of whatever segment has the name, now and later: from the oldest on that is still
// there. It maps nothing, so no detector can do it harm. It is for one goroutine at a time.
type DetectionReader struct {
	name    string
	layout  DetectionLayout
	log     *slog.Logger
	skipped uint64
	looked  uint64 // when the segment was last looked for, ns; 0: never
	refusal string // that was logged last
	warned  uint64 // when a wrong result was last logged, ns; 0: never
}

// NewDetectionReader makes a DetectionReader of the segments of one layout called name. It never fails: the segment may
// come later.
func NewDetectionReader(name string, layout DetectionLayout, options ...Option) *DetectionReader {
	return &DetectionReader{name: name, layout: layout, log: choose(options).log}
}

// OpenDetections makes a DetectionReader of the segment called name, such as /petcam_detections.
func OpenDetections(name string, options ...Option) *DetectionReader {
	return NewDetectionReader(name, &detectionSegment{}, options...)
}

// Poll copies the next result, if one is there; it never waits for one. What was in the result before is overwritten, its
// boxes too.
func (r *DetectionReader) Poll(to *detections.Result) bool {
	if !r.attach() {
		return false
	}
	found, skipped, err := r.layout.Next(to)
	r.skipped += skipped
	if err != nil {
		r.warn(err)
	}
	if !found && r.layout.IsOpen() && !r.layout.HasName() {
		r.layout.Close()
		r.looked = 0 // another may be there already
	}
	return found
}

// Skipped counts the results that were lost because this reader fell behind or refused them.
func (r *DetectionReader) Skipped() uint64 { return r.skipped }

// Close closes the segment.
func (r *DetectionReader) Close() { r.layout.Close() }

// attach says whether a segment is open, after looking for one now and then. A refusal is logged once.
func (r *DetectionReader) attach() bool {
	if r.layout.IsOpen() {
		return true
	}
	now := Now()
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

func (r *DetectionReader) noteRefusal(err error) {
	if why := Refusal(""); errors.As(err, &why) && string(why) != r.refusal {
		r.refusal = string(why)
		r.log.Warn("the detections segment is refused", "segment", r.name, "reason", why)
	}
}

// warn logs a writer's mistake, now and then.
func (r *DetectionReader) warn(reason error) {
	now := Now()
	if r.warned == 0 || now >= r.warned+mistakeLogInterval {
		r.warned = now
		r.log.Warn("a detection result is refused", "segment", r.name, "reason", reason)
	}
}
