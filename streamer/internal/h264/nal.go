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
	nalFiller    NALType = 12

	firstOfRTP NALType = 24 // from here to lastOfRTP the standard gives the types no meaning, and RTP one of its own
	lastOfRTP  NALType = 31
)

// IsCarried says whether a NAL unit of the type may be sent and recorded. Type 0 and 24 to 31 mean something else in RTP
// (RFC 6184, 5.2), so that a receiver would take the packet for another; a recording with a NAL unit whose first byte is
// zero could not be told from one that a power cut tore. Fillers only keep the bit rate constant.
func (t NALType) IsCarried() bool {
	return t != 0 && t != nalFiller && (t < firstOfRTP || t > lastOfRTP)
}

// TypeOf gives the type of a NAL unit as NALs yields it.
func TypeOf(nal []byte) NALType { return NALType(nal[0] & 0x1f) }

// startCode begins each NAL unit of an Annex-B stream; a zero byte before it belongs to nobody.
func startCode() []byte { return []byte{0, 0, 1} }

// NALs iterates over the NAL units of an Annex-B access unit, without start codes and never empty.
// They are slices of data, with emulation prevention bytes as they are; nothing is allocated.
func NALs(data []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for rest, found := afterStartCode(data); found; {
			var nal []byte
			if nal, rest, found = cut(rest); len(nal) > 0 && !yield(nal) {
				return
			}
		}
	}
}

// UntilPicture iterates over the NAL units before the picture, and at last yields the beginning of its first slice. Which
// parameter sets a picture needs is told there; the rest of it is not looked at.
func UntilPicture(data []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for rest, found := afterStartCode(data); found; {
			if len(rest) > 0 && isSlice(TypeOf(rest)) {
				yield(rest[:min(len(rest), sliceHead)])
				return
			}
			var nal []byte
			if nal, rest, found = cut(rest); len(nal) > 0 && !yield(nal) {
				return
			}
		}
	}
}

// afterStartCode gives what is behind the first start code; found is false where there is none.
func afterStartCode(data []byte) (rest []byte, found bool) {
	at := bytes.Index(data, startCode())
	if at < 0 {
		return nil, false
	}
	return data[at+3:], true
}

// cut cuts the NAL unit off that data begins with, behind its start code; more says that rest begins with another.
func cut(data []byte) (nal, rest []byte, more bool) {
	end := bytes.Index(data, startCode())
	if end >= 0 {
		rest, more = data[end+3:], true
	} else {
		end = len(data)
	}
	// A NAL unit never ends in a zero byte: what is there is padding or a longer start code.
	return bytes.TrimRight(data[:end], "\x00"), rest, more
}

// IsKeyframe says whether decoding can begin at this access unit: SPS, PPS and then an IDR picture.
func IsKeyframe(data []byte) bool {
	var sps, pps bool
	for nal := range UntilPicture(data) {
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

// isSlice says whether a NAL unit is a piece of a picture: a slice, a data partition (2 to 4) or an IDR slice.
func isSlice(t NALType) bool { return t >= NALSlice && t <= NALIDR }
