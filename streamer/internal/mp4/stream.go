package mp4

import (
	"encoding/binary"
	"errors"
	"math"
)

// pair is a sample that is being put together, behind room for its moof and the header of its mdat.
type pair []byte

// begin forgets what there was.
func (p *pair) begin() {
	if *p == nil {
		*p = make([]byte, fragmentHeader, 64<<10)
	}
	*p = (*p)[:fragmentHeader]
}

// add appends a NAL unit (without start code).
func (p *pair) add(nal []byte) {
	*p = binary.BigEndian.AppendUint32(*p, uint32(len(nal)))
	*p = append(*p, nal...)
}

// size is that of the sample, in bytes.
func (p pair) size() int { return max(len(p)-fragmentHeader, 0) }

// Stream makes a fragmented MP4 that is sent while it comes: its head, then a moof and mdat for each sample, as in a growing
// file, but each with its own true duration. So a sample is given out once the next has come.
type Stream struct {
	next, held pair // held is given out next; empty: there is none
	f          fragment
}

// NewStream makes one, and gives its head.
func NewStream(track Track) (*Stream, []byte, error) {
	if !track.isWhole() {
		return nil, nil, errNoParameterSets
	}
	var head boxes
	appendFtyp(&head)
	newMovie(track, false).appendMoov(&head, &tables{}, 0)
	return &Stream{}, head.b, nil
}

// Begin starts a sample and forgets one that was not ended.
func (s *Stream) Begin() { s.next.begin() }

// Add appends a NAL unit (without start code) to the sample.
func (s *Stream) Add(nal []byte) { s.next.add(nal) }

// End ends the sample that is shown so many ticks after the first, at least one more than the one before, and gives the one
// before it: bytes that are valid until the next End. A sample without NAL units is none.
func (s *Stream) End(at uint64, sync bool) []byte {
	if s.next.size() == 0 {
		return nil
	}
	f := fragment{
		track: videoID, sequence: s.f.sequence + 1, at: at, duration: timescale / 30, size: uint32(s.next.size()), sync: sync,
	}
	var before []byte
	if s.held.size() > 0 {
		f.at = min(max(at, s.f.at+1), s.f.at+math.MaxUint32)
		s.f.duration = uint32(f.at - s.f.at)
		f.duration = s.f.duration // a guess, for the last one
		s.f.put(s.held)
		before = s.held
	}
	s.next, s.held, s.f = s.held, s.next, f
	return before
}

// Last gives the last sample, with a guess of its duration; nil where there is none.
func (s *Stream) Last() []byte {
	if s.held.size() == 0 {
		return nil
	}
	s.f.put(s.held)
	return s.held
}

var errNoParameterSets = errors.New("mp4: no parameter sets")
