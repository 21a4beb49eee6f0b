package h264

import (
	"bytes"
	"iter"
)

// NALType is nal_unit_type, the low five bits of a NAL unit's first byte (ITU-T H.264, table 7-1).
type NALType uint8

// The types that petcam tells apart.
const (
	NALSlice     NALType = 1 // a slice of a picture that is not an IDR
	NALIDR       NALType = 5 // a slice of an IDR picture
	NALSPS       NALType = 7
	NALPPS       NALType = 8
	NALDelimiter NALType = 9 // access unit delimiter
)

// TypeOf gives the type of a NAL unit as NALs yields it.
func TypeOf(nal []byte) NALType { return NALType(nal[0] & 0x1f) }

// startCode begins each NAL unit of an Annex-B stream; a zero byte before it belongs to nobody.
func startCode() []byte { return []byte{0, 0, 1} }

// NALs iterates over the NAL units of an Annex-B access unit, without start codes and never empty.
// They are slices of data, with emulation prevention bytes as they are; nothing is allocated.
func NALs(data []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		start := bytes.Index(data, startCode())
		for start >= 0 {
			data = data[start+3:]
			start = bytes.Index(data, startCode())
			end := len(data)
			if start >= 0 {
				end = start
			}
			// A NAL unit never ends in a zero byte: what is there is padding or a longer start code.
			if nal := bytes.TrimRight(data[:end], "\x00"); len(nal) > 0 && !yield(nal) {
				return
			}
		}
	}
}

// IsKeyframe says whether decoding can begin at this access unit: SPS, PPS and then an IDR picture.
func IsKeyframe(data []byte) bool {
	var sps, pps bool
	for nal := range NALs(data) {
		switch t := TypeOf(nal); {
		case t == NALSPS:
			sps = true
		case t == NALPPS:
			pps = true
		case isSlice(t):
			return t == NALIDR && sps && pps // the slices of one picture are all IDR or none is
		}
	}
	return false
}

// ParameterSets gives the first SPS and the first PPS of an access unit, nil where there is none.
func ParameterSets(data []byte) (sps, pps []byte) {
	for nal := range NALs(data) {
		switch t := TypeOf(nal); {
		case t == NALSPS && sps == nil:
			sps = nal
		case t == NALPPS && pps == nil:
			pps = nal
		case isSlice(t):
			return sps, pps
		}
	}
	return sps, pps
}

// isSlice says whether a NAL unit is a piece of a picture: a slice, a data partition (2 to 4) or an IDR slice.
func isSlice(t NALType) bool { return t >= NALSlice && t <= NALIDR }
