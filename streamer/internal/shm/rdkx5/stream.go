// Package rdkx5 is the layouts of the H.264 ring and of the detections that the daemons on an RDK X5 board write
// (camera.layout: rdk-x5). They stand beside the contract and are no part of it; docs/shm-layout.md describes them at its
// end. It imports h264 and detections, and shm for the readers that all layouts share.
package rdkx5

import (
	"math"
	"time"

	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/shm"
)

// Times of polling the ring. Waiting on the daemon's semaphore would steal the posts from its own readers.
const (
	pollInterval     = 4 * time.Millisecond   // while a frame is due
	slowPollInterval = 20 * time.Millisecond  // once none came for slowPollAfter
	slowPollAfter    = 250 * time.Millisecond // since the last frame
	pollAhead        = 3 * time.Millisecond   // how long before a frame is expected polling begins
	maxExpectedGap   = 200 * time.Millisecond // the longest time for which no frame is expected
)

// stream is the shm.Layout of the ring. Record n is the write that made the count n+1.
//
// Older daemons raise the count before they copy, newer ones after. So the newest record may be half written, and it is
// returned only when two copies of it are the same; the oldest slot may be the one that is being overwritten.
type stream struct {
	recheck func() // lets the time between two copies pass

	ring     *ring  // nil: none is open
	epoch    uint64 // when this reader opened the ring, or saw its count begin anew
	before   uint64 // records that were there already then
	written  uint64 // writes so far: the daemon's count, carried past 2³²
	captured uint64 // capture_ns of the last access unit
	interval uint64 // from the one before to the last one
	returned uint64 // when the last one was returned
	due      uint64 // when to look for the next one
}

// Open makes a reader of the ring called name, such as /pet_camera_stream. It never fails: the ring may come later, and
// as it holds about a second, Rewind may find no keyframe although the camera runs.
func Open(name string, options ...shm.Option) *shm.Reader {
	return shm.NewReader(name, newStream(), options...)
}

func newStream() *stream { return &stream{recheck: waitToRecheck} }

func waitToRecheck() { shm.Sleep(recheckDelay) }

func (s *stream) HasHeartbeat() bool { return false }
func (s *stream) IsOpen() bool       { return s.ring != nil }
func (s *stream) HasName() bool      { return s.ring.hasName() }

func (s *stream) Open(name string) (details []any, err error) {
	if s.ring, err = openRing(name); err != nil {
		return nil, err
	}
	return []any{"layout", "rdk-x5"}, nil
}

func (s *stream) Close() {
	if s.ring != nil {
		s.ring.close()
		s.ring = nil
	}
}

// Wait polls at the times when frames are expected: each look wakes an idle process, and frames come at regular times.
func (s *stream) Wait(c *shm.Cursor) {
	switch now := shm.Now(); {
	case now < s.due:
		c.WaitFor(time.Duration(s.due - now))
	case now > s.returned+uint64(slowPollAfter):
		c.WaitFor(slowPollInterval)
	default:
		c.WaitFor(pollInterval)
	}
}

// expectNext notes when the next frame is due, by the shorter of the last two intervals.
func (s *stream) expectNext(captureNS uint64) {
	interval, before := captureNS-s.captured, s.interval
	s.returned, s.interval = shm.Now(), interval
	s.due = s.returned + min(interval, before, uint64(maxExpectedGap))
	s.due -= min(s.due-s.returned, uint64(pollAhead))
}

func (s *stream) Begin(c *shm.Cursor) error {
	count, err := s.ring.count()
	if err == nil {
		s.begin(c, count)
	}
	return err
}

// begin starts a new epoch at the newest keyframe of a daemon that has written count times.
func (s *stream) begin(c *shm.Cursor, count uint32) {
	s.epoch, s.before, s.written, s.captured = shm.Now(), uint64(count), uint64(count), 0
	c.Begin(s.newest(0))
}

func (s *stream) Rewind(c *shm.Cursor, before uint64) bool {
	if s.count(c) != nil {
		return false
	}
	key, found := s.keyframe(0, before)
	if found {
		c.Rewind(key)
		s.captured = 0
	}
	return found
}

// count carries the daemon's 32-bit count on; one that goes back is a daemon that began anew. It fails with errGone.
func (s *stream) count(c *shm.Cursor) error {
	count, err := s.ring.count()
	if err != nil {
		return err
	}
	if raised := count - uint32(s.written); raised < 1<<31 {
		s.written += uint64(raised)
	} else {
		s.begin(c, count)
	}
	return nil
}

// Next leaves a ring that cannot be read any more, or that has lost its name and holds nothing new.
func (s *stream) Next(c *shm.Cursor) (h264.AccessUnit, bool) {
	unit, found, err := s.step(c)
	if err != nil || (!found && !s.ring.hasName()) {
		s.Close()
		return h264.AccessUnit{}, false
	}
	return unit, found
}

// step reads on to the next access unit; it fails with errGone.
func (s *stream) step(c *shm.Cursor) (h264.AccessUnit, bool, error) {
	if err := s.count(c); err != nil {
		return h264.AccessUnit{}, false, err
	}
	if s.written-c.Next >= Slots-1 { // the daemon is about to overwrite the slot to be read
		c.SkipTo(s.newest(c.Next))
	}
	for c.Next < s.written {
		header, data, err := s.read(c, c.Next)
		switch {
		case err == errGone:
			return h264.AccessUnit{}, false, err
		case err != nil && s.isNewest(c.Next):
			return h264.AccessUnit{}, false, nil // perhaps half written
		case err != nil:
			c.Refuse(err)
		case c.Seeking && !h264.IsKeyframe(data):
			c.PassOver(s.accessUnit(c, header, data), s.oldest())
			continue
		default:
			unit := s.accessUnit(c, header, data)
			c.Arena.Commit(data)
			c.Advance(unit, s.oldest())
			s.expectNext(header.captureNS)
			s.captured = header.captureNS
			return unit, true, nil
		}
		c.SkipTo(c.Next + 1)
	}
	return h264.AccessUnit{}, false, nil
}

// read copies record n, and proves the copy as far as this layout allows it. It fails with errGone, another error of
// ring.go or a Refusal.
func (s *stream) read(c *shm.Cursor, n uint64) (frameHeader, []byte, error) {
	header, err := s.ring.readHeader(n)
	if err != nil {
		return header, nil, err
	}
	data := c.Arena.Reserve(header.size)
	if err := s.ring.data(data, n); err != nil {
		return header, nil, err
	}
	if n == s.written-1 {
		s.recheck()
		if err := s.ring.compare(n, header, data); err != nil {
			return header, nil, err
		}
	}
	count, err := s.ring.count()
	switch {
	case err != nil:
		return header, nil, err
	case count-uint32(n) >= Slots:
		return header, nil, errOvertaken
	case header.captureNS <= s.captured:
		return header, nil, shm.WriterMistake("its time %d ns does not rise over %d ns", header.captureNS, s.captured)
	}
	return header, data, nil
}

// isNewest says whether no record came after n by now.
func (s *stream) isNewest(n uint64) bool {
	count, err := s.ring.count()
	return err == nil && count-uint32(n) == 1
}

func (s *stream) accessUnit(c *shm.Cursor, header frameHeader, data []byte) h264.AccessUnit {
	published := shm.Now()
	if c.Next < s.before { // it was there already; when it was published is not known
		published = min(published, header.captureNS)
	}
	return h264.AccessUnit{
		Epoch: s.epoch, Record: c.Next, FrameNumber: header.number, CaptureNS: header.captureNS, PublishNS: published,
		Keyframe: h264.IsKeyframe(data), Discontinuity: c.Gap, Width: header.width, Height: header.height, Data: data,
	}
}

// oldest is the first record that can be relied upon to be there.
func (s *stream) oldest() uint64 { return s.written - min(s.written, Slots-2) }

// newest is the newest keyframe, least or above, that is no longer being written; else the newest record.
func (s *stream) newest(least uint64) uint64 {
	if key, found := s.keyframe(least, math.MaxUint64); found {
		return key
	}
	return max(least, s.written-min(s.written, 1))
}

// keyframe finds the newest keyframe, least or above, that was captured at before or earlier, else the oldest there is.
func (s *stream) keyframe(least, before uint64) (n uint64, found bool) {
	for i := s.written - min(s.written, 1); i > max(least, s.oldest()); i-- {
		if header, is := s.ring.keyframe(i - 1); is {
			n, found = i-1, true
			if header.captureNS <= before {
				break
			}
		}
	}
	return n, found
}
