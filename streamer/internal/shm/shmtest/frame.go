package shmtest

import (
	"encoding/binary"

	"petcam/streamer/internal/h264"
)

// Parameter sets of a real encoder: constrained baseline, level 3.1, 1280×720.
var (
	SPS = []byte("\x67\x42\xc0\x1f\xd9\x00\x50\x05\xbb\x01\x10\x00\x00\x03\x00\x10\x00\x00\x03\x03\xc0\xf1\x83\x24\x80")
	PPS = []byte("\x68\xcb\x83\xcb\x20")
)

// Frame makes an access unit of the given size: start codes and NAL units are real, but its slice is a pattern of the
// number in every place, so that a mixture of two frames shows. A keyframe has SPS and PPS first.
func Frame(number uint64, keyframe bool, size int) h264.AccessUnit {
	slice := byte(0x41)
	var data []byte
	if keyframe {
		slice = 0x65
		data = append(append(data, 0, 0, 0, 1), SPS...)
		data = append(append(data, 0, 0, 0, 1), PPS...)
	}
	data = append(data, 0, 0, 0, 1, slice, 0x88)
	for len(data) < size {
		data = binary.BigEndian.AppendUint32(data, 0x80808080|uint32(number)) // never looks like a start code
	}
	return h264.AccessUnit{FrameNumber: number, Keyframe: keyframe, Width: 1280, Height: 720, Data: data}
}
