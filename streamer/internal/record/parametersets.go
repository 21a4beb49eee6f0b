package record

import (
	"bytes"

	"petcam/streamer/internal/h264"
)

const nalFiller = 12 // filler data: bytes that only keep the bit rate constant

// parameterSets are the SPS and PPS of a file: they are in its head and not in its samples.
type parameterSets struct{ sps, pps [][]byte }

// parameterSetsOf copies the parameter sets out of an access unit.
func parameterSetsOf(au h264.AccessUnit) (p parameterSets) {
	for nal := range h264.NALs(au.Data) {
		switch h264.TypeOf(nal) {
		case h264.NALSPS:
			p.sps = append(p.sps, bytes.Clone(nal))
		case h264.NALPPS:
			p.pps = append(p.pps, bytes.Clone(nal))
		}
	}
	return p
}

// complete says whether a decoder can begin with them.
func (p parameterSets) complete() bool {
	return len(p.sps) > 0 && len(p.sps) < 32 && len(p.sps[0]) >= 4 && len(p.pps) > 0 && len(p.pps) < 256
}

// cover says whether au brings no other parameter sets.
func (p parameterSets) cover(au h264.AccessUnit) bool {
	for nal := range h264.NALs(au.Data) {
		if t := h264.TypeOf(nal); (t == h264.NALSPS || t == h264.NALPPS) && !p.redundant(nal) {
			return false
		}
	}
	return true
}

// redundant says whether a NAL unit need not be in a sample of the file.
func (p parameterSets) redundant(nal []byte) bool {
	switch h264.TypeOf(nal) {
	case h264.NALSPS:
		return contains(p.sps, nal)
	case h264.NALPPS:
		return contains(p.pps, nal)
	case h264.NALDelimiter, nalFiller:
		return true
	}
	return false
}

func contains(sets [][]byte, nal []byte) bool {
	for _, set := range sets {
		if bytes.Equal(set, nal) {
			return true
		}
	}
	return false
}

// pictureSize returns what the SPS says, or where it cannot be read what the access unit says: pixels.
func (p parameterSets) pictureSize(au h264.AccessUnit) (width, height int) {
	if sps, err := h264.ParseSPS(p.sps[0]); err == nil {
		return sps.Width, sps.Height
	}
	return au.Width, au.Height
}
