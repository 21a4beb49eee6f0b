// Package shm reads the segments of docs/shm-layout.md, ABI version 1. The step names O1..O4 and R1..R5 in its
// comments are those of that document. It imports h264, detections and sound.
//
// A Reader does what is the same for every layout: it opens the segment, follows its replacement, waits and knows the
// state. A Layout does the rest; the contract's is in stream.go, that of RDK X5 boards in the package rdkx5.
//
// A Reader starts no goroutine: Next does all the work on its caller's. A DetectionReader is the same for a detector's
// results, and only looks whether there is one; a SoundReader, for packets of sound, can also wait for one.
package shm

import (
	"math"
	"sync/atomic"

	"petcam/streamer/internal/h264"
)

// maxReplacementAge is the age up to which a segment that replaces another is read from its first record, not its newest
// keyframe: a reader of the segment before has then missed nothing.
const maxReplacementAge = StaleNS

// Open makes a Reader of the segment called name, such as /petcam_stream. It never fails: the segment may come later.
func Open(name string, options ...Option) *Reader { return NewReader(name, &stream{}, options...) }

// stream is the contract's Layout.
type stream struct {
	segment *segment // nil: none is open
}

func (s *stream) HasHeartbeat() bool { return true }
func (s *stream) IsOpen() bool       { return s.segment != nil }
func (s *stream) HasName() bool      { return s.segment.hasName() }

func (s *stream) Open(name string) (details []any, err error) {
	if s.segment, err = openSegment(name); err != nil {
		return nil, err
	}
	return []any{"epoch", s.segment.header.epoch}, nil
}

func (s *stream) Close() {
	if s.segment != nil {
		s.segment.close()
		s.segment = nil
	}
}

func (s *stream) Begin(c *Cursor) error {
	if c.Begun && Now()-s.segment.header.epoch < maxReplacementAge {
		c.Begin(s.segment.firstRecord())
		return nil
	}
	next := s.segment.nextRecord()
	for n := max(s.segment.firstRecord(), next-min(next, paceCount)); n < next; n++ {
		if before, err := s.segment.slot(n); err == nil {
			c.status.cameBefore(before.publishNS)
		}
	}
	if key, ok := s.segment.keyframe(0, next, math.MaxUint64); ok {
		next = key
	}
	c.Begin(next)
	return nil
}

func (s *stream) Rewind(c *Cursor, before uint64) bool {
	key, found := s.segment.keyframe(0, s.segment.nextRecord(), before)
	if found {
		c.Rewind(key)
	}
	return found
}

// Next looks at one record: it returns its access unit, passes over it, or finds that there is none yet.
func (s *stream) Next(c *Cursor) (h264.AccessUnit, bool) {
	published := s.segment.nextRecord()
	switch {
	case c.Next == published:
		return h264.AccessUnit{}, false
	case c.Next > published: // a writer that counts backwards breaks the contract; do not wait for ever
		c.Next, c.Seeking, c.Gap = published, true, true
		return h264.AccessUnit{}, false
	}
	found, data, ok := s.read(c, c.Next)
	if !ok {
		s.fallBehind(c, published)
		return h264.AccessUnit{}, false
	}
	unit := h264.AccessUnit{
		Epoch: s.segment.header.epoch, Record: c.Next, FrameNumber: found.frameNumber,
		CaptureNS: found.captureNS, PublishNS: found.publishNS,
		Keyframe: found.keyframe, Discontinuity: found.discontinuity || c.Gap,
		Width: found.width, Height: found.height, Data: data,
	}
	if data == nil {
		c.PassOver(unit, s.segment.firstRecord())
		return h264.AccessUnit{}, false
	}
	c.Advance(unit, s.segment.firstRecord())
	return unit, true
}

// read gives record n by steps R1 to R5, without data where only a keyframe is wanted and it is none.
func (s *stream) read(c *Cursor, n uint64) (slot, []byte, bool) {
	if n < s.segment.firstRecord() {
		return slot{}, nil, false
	}
	found, err := s.segment.slot(n)
	if err != nil {
		c.Refuse(err)
		return slot{}, nil, false
	}
	if c.Seeking && !found.keyframe {
		return found, nil, true
	}
	data := c.Arena.Reserve(found.size)
	if !s.segment.copyData(data, found) || s.segment.sequence(n) != WholeSequence(n) { // R4, R5
		return slot{}, nil, false
	}
	c.Arena.Commit(data)
	return found, data, true
}

// fallBehind goes on after the next record was lost: at the newest keyframe that came after it, or at the next one to
// come.
func (s *stream) fallBehind(c *Cursor, published uint64) {
	to := published
	if key, ok := s.segment.keyframe(c.Next+1, published, math.MaxUint64); ok {
		to = key
	}
	c.SkipTo(to)
}

// Wait leaves a segment that has lost its name once all of it is read.
func (s *stream) Wait(c *Cursor) {
	// In this order nothing is missed: a record or the writer's end that comes after the first line changes the word.
	seen := atomic.LoadUint32(s.segment.news())
	named := s.segment.hasName()
	switch {
	case c.Next < s.segment.nextRecord():
	case !named:
		s.Close()
	default:
		c.WaitForChange(s.segment.news(), seen)
		c.NoteHeartbeat(s.segment.heartbeat())
	}
}
