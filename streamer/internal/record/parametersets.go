package record

import (
	"bytes"

	"petcam/streamer/internal/h264"
)

// What an avcC can hold.
const (
	maxTrackSPS = 31
	maxTrackPPS = 255
)

// withSets takes note of the parameter sets that an access unit brings, and gives it with those that it needs: decoding may
// begin at a keyframe.
func withSets(known *h264.ParameterSets, au h264.AccessUnit) h264.AccessUnit {
	known.Update(au.Data)
	if au.Keyframe {
		au.Data = known.Complete(au.Data)
	}
	return au
}

// completed is withSets for what is to be a keyframe, whatever its writer says of it.
func completed(known *h264.ParameterSets, data []byte) []byte {
	return withSets(known, h264.AccessUnit{Data: data, Keyframe: true}).Data
}

// trackSets are the parameter sets of a file. Those in its head describe the track, and samples leave them out. Once the
// stream brings others, keyframes carry theirs, so that a player may begin at each.
type trackSets struct {
	sps, pps    [][]byte
	first       h264.SPS // of the first keyframe
	current     uint8    // id of the newest keyframe's SPS
	inKeyframes bool     // keyframes carry their sets from here on
	inAll       bool     // all keyframes do, so that a player may also go back over a change
}

// trackSetsOf gives those of a file that begins with this keyframe; ok is false where its own have not come.
func trackSetsOf(known *h264.ParameterSets, keyframe []byte) (t trackSets, ok bool) {
	t.inAll = known.Changed()
	t.inKeyframes = t.inAll
	if t.first, ok = known.SPS(keyframe); !ok {
		return t, false
	}
	t.sps, t.pps, _ = known.Fitting(keyframe)
	if len(t.sps) > maxTrackSPS || len(t.pps) > maxTrackPPS {
		sps, pps, _ := known.Needed(keyframe)
		t.sps, t.pps = [][]byte{sps}, pps[:min(len(pps), maxTrackPPS)]
	}
	return t, true
}

// hold says whether the track can go on with a keyframe.
func (t *trackSets) hold(known *h264.ParameterSets, keyframe []byte) bool {
	sps, ok := known.SPS(keyframe)
	return !ok || sps.Fits(t.first) && (t.inAll || !known.Changed())
}

// begin takes note of which sets an access unit brings, before its NAL units are looked at one by one.
func (t *trackSets) begin(known *h264.ParameterSets, au h264.AccessUnit) {
	if au.Keyframe {
		if sps, ok := known.SPS(au.Data); ok {
			t.current = sps.ID
		}
	}
	for nal := range h264.UntilPicture(au.Data) {
		if t.inKeyframes {
			return
		}
		t.inKeyframes = t.belongs(nal, au.Keyframe) && !contains(t.sps, nal) && !contains(t.pps, nal)
	}
}

// belongs says whether a NAL unit is a parameter set that a decoder is to take note of at this access unit. An SPS changes
// at keyframes only, which are complete; before another picture it would make decoders forget its PPS, and a PPS of an SPS
// that the file does not have is an error to them.
func (t *trackSets) belongs(nal []byte, keyframe bool) bool {
	switch h264.TypeOf(nal) {
	case h264.NALSPS:
		return keyframe
	case h264.NALPPS:
		_, spsID, ok := h264.PPSIDs(nal)
		return ok && (keyframe || spsID == t.current)
	}
	return false
}

// leavesOut says whether a NAL unit of an access unit is not to be in the file.
func (t *trackSets) leavesOut(nal []byte, keyframe bool) bool {
	switch kind := h264.TypeOf(nal); kind {
	case h264.NALSPS, h264.NALPPS:
		return !t.inKeyframes || !t.belongs(nal, keyframe)
	default:
		return kind == h264.NALDelimiter || !kind.IsCarried()
	}
}

func contains(sets [][]byte, nal []byte) bool {
	for _, set := range sets {
		if bytes.Equal(set, nal) {
			return true
		}
	}
	return false
}
