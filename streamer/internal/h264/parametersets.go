package h264

import (
	"bytes"
	"maps"
	"slices"
)

// maxSetBytes bounds the parameter sets that are remembered; a stream has two or three, of some ten bytes each.
const maxSetBytes = 32 << 10

// ParameterSets are the SPS and PPS of a stream by their ids, the newest of each. A picture names its PPS by id, and that
// its SPS; they may have come in any access unit before. The zero value knows none. It is for one goroutine.
type ParameterSets struct {
	sps     map[uint8]storedSPS
	pps     map[uint8]storedPPS
	bytes   int // of all their NAL units
	changed bool
}

type storedSPS struct {
	nal []byte
	SPS
}

type storedPPS struct {
	nal   []byte
	spsID uint8
}

// Clone copies them for another goroutine; the NAL units are shared, and never change.
func (p *ParameterSets) Clone() ParameterSets {
	c := *p
	c.sps, c.pps = maps.Clone(p.sps), maps.Clone(p.pps)
	return c
}

// Changed says whether a set has taken the place of another of its id by which other pictures of the same kind are
// decoded. A player that seeks back over such a place must find the sets with each keyframe.
func (p *ParameterSets) Changed() bool { return p.changed }

// Update takes note of the parameter sets in an access unit. Those that are broken change nothing.
func (p *ParameterSets) Update(data []byte) {
	for nal := range UntilPicture(data) {
		switch TypeOf(nal) {
		case NALSPS:
			p.takeSPS(nal)
		case NALPPS:
			p.takePPS(nal)
		}
	}
}

func (p *ParameterSets) takeSPS(nal []byte) {
	id, ok := spsID(nal)
	before, known := p.sps[id]
	if !ok || known && bytes.Equal(before.nal, nal) {
		return
	}
	parsed, err := ParseSPS(nal)
	if err != nil || !p.makeRoom(len(nal)-len(before.nal)) {
		return
	}
	if known && !parsed.DecodesAs(before.SPS) {
		if parsed.Fits(before.SPS) {
			p.changed = true
		} else { // of another kind of picture: as decoders do, its PPS are forgotten too
			p.forgetPPS(id)
		}
	}
	if p.sps == nil {
		p.sps = map[uint8]storedSPS{}
	}
	p.bytes += len(nal) - len(before.nal)
	p.sps[id] = storedSPS{bytes.Clone(nal), parsed}
}

func (p *ParameterSets) takePPS(nal []byte) {
	id, spsID, ok := PPSIDs(nal)
	before, known := p.pps[id]
	if !ok || known && bytes.Equal(before.nal, nal) || !p.makeRoom(len(nal)-len(before.nal)) {
		return
	}
	p.changed = p.changed || known
	if p.pps == nil {
		p.pps = map[uint8]storedPPS{}
	}
	p.bytes += len(nal) - len(before.nal)
	p.pps[id] = storedPPS{bytes.Clone(nal), spsID}
}

// makeRoom says whether so many bytes more may be remembered.
func (p *ParameterSets) makeRoom(more int) bool { return p.bytes+more <= maxSetBytes }

func (p *ParameterSets) forgetPPS(spsID uint8) {
	for id, pps := range p.pps {
		if pps.spsID == spsID {
			p.bytes -= len(pps.nal)
			delete(p.pps, id)
		}
	}
}

// used finds the sets that the picture of an access unit uses; ok is false where they have not come.
func (p *ParameterSets) used(data []byte) (ppsID uint8, sps storedSPS, ok bool) {
	for nal := range UntilPicture(data) {
		if isSlice(TypeOf(nal)) {
			ppsID, ok = ppsOfSlice(nal)
			break
		}
	}
	pps, known := p.pps[ppsID]
	sps, has := p.sps[pps.spsID]
	return ppsID, sps, ok && known && has
}

// SPS gives what the picture of an access unit is decoded by; ok is false where it has not come.
func (p *ParameterSets) SPS(data []byte) (sps SPS, ok bool) {
	_, stored, ok := p.used(data)
	return stored.SPS, ok
}

// Needed gives what a decoder needs that begins at a keyframe: its SPS, and all PPS that it and the pictures behind it may
// use, its own first. ok is false where its own have not come.
func (p *ParameterSets) Needed(data []byte) (sps []byte, pps [][]byte, ok bool) {
	id, stored, ok := p.used(data)
	if !ok {
		return nil, nil, false
	}
	pps = append(pps, p.pps[id].nal)
	for _, other := range slices.Sorted(maps.Keys(p.pps)) {
		if other != id && p.pps[other].spsID == stored.ID {
			pps = append(pps, p.pps[other].nal)
		}
	}
	return stored.nal, pps, true
}

// Fitting gives all sets that may describe a track that begins with a keyframe: those that it needs first, then those of
// pictures that may follow in the same track.
func (p *ParameterSets) Fitting(data []byte) (sps, pps [][]byte, ok bool) {
	first, pps, ok := p.Needed(data)
	if !ok {
		return nil, nil, false
	}
	_, used, _ := p.used(data)
	sps = [][]byte{first}
	for _, id := range slices.Sorted(maps.Keys(p.sps)) {
		if other := p.sps[id]; id != used.ID && other.Fits(used.SPS) {
			sps = append(sps, other.nal)
			for _, of := range slices.Sorted(maps.Keys(p.pps)) {
				if p.pps[of].spsID == id {
					pps = append(pps, p.pps[of].nal)
				}
			}
		}
	}
	return sps, pps, true
}

// Complete gives a keyframe with all parameter sets that are Needed in it, where some have come in other access units
// only; else its data as it is.
func (p *ParameterSets) Complete(data []byte) []byte {
	if p.isComplete(data) {
		return data
	}
	sps, pps, ok := p.Needed(data)
	if !ok {
		return data
	}
	whole := make([]byte, 0, len(data)+p.bytes+4*len(pps)+4)
	add := func(nal []byte) { whole = append(append(whole, 0, 0, 0, 1), nal...) }
	sets := append([][]byte{sps}, pps...)
	begun := false
	for nal := range NALs(data) {
		if TypeOf(nal) != NALDelimiter && !begun { // a delimiter stays the first
			begun = true
			for _, set := range sets {
				add(set)
			}
		}
		if !slices.ContainsFunc(sets, func(set []byte) bool { return bytes.Equal(set, nal) }) {
			add(nal)
		}
	}
	return whole
}

// isComplete says whether a keyframe has all that is Needed in it; nothing is allocated.
func (p *ParameterSets) isComplete(data []byte) bool {
	_, used, ok := p.used(data)
	if !ok {
		return false
	}
	var hasSPS bool
	var has [maxPPSID + 1]bool
	for nal := range UntilPicture(data) {
		switch TypeOf(nal) {
		case NALSPS:
			hasSPS = hasSPS || bytes.Equal(nal, used.nal)
		case NALPPS:
			if id, _, ok := PPSIDs(nal); ok {
				has[id] = true
			}
		}
	}
	for id, pps := range p.pps {
		if pps.spsID == used.ID && !has[id] {
			return false
		}
	}
	return hasSPS
}
