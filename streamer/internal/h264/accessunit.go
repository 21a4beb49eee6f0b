// Package h264 parses the H.264 bitstream: access units, NAL units, parameter sets. It imports nothing of the streamer.
package h264

import "time"

// MaxKeyframeAge is how old a keyframe may be at which a viewer begins: nobody is shown what was a while ago as live.
const MaxKeyframeAge = 12 * time.Second

// AccessUnit is one picture of the stream, as it came out of the shared memory.
// It is shared by all viewers and the recorder: nobody may change Data.
type AccessUnit struct {
	Epoch         uint64 // of the writer; another value means another writer
	Record        uint64 // number of the record within the epoch
	FrameNumber   uint64 // the source's own count
	CaptureNS     uint64 // CLOCK_MONOTONIC nanoseconds of the capture
	PublishNS     uint64 // CLOCK_MONOTONIC nanoseconds at which it was published
	Keyframe      bool   // carries SPS, PPS and an IDR picture
	Discontinuity bool   // something is missing between the previous access unit and this one
	Width, Height int    // pixels
	Data          []byte // Annex-B, start codes included
}

// RTPTimestamp is the 90 kHz timestamp that every viewer sees for a frame captured at captureNS.
func RTPTimestamp(captureNS uint64) uint32 {
	// captureNS*9 overflows only after 65 years of uptime.
	return uint32(captureNS * 9 / 100000)
}
