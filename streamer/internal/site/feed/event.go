package feed

import (
	"math/bits"
	"strconv"

	"petcam/streamer/internal/detections"
	"petcam/streamer/internal/site"
)

const (
	retryField       = "retry: 1000\n\n" // milliseconds until the browser connects again
	keepAliveComment = ": keep-alive\n\n"
)

// room is what stands before an event's data while nobody knows how long it is: enough for a chunk's size.
const room = "00000000\r\n"

// event is what is sent: as it is, and as a chunk of an answer of HTTP/1.1.
type event struct {
	buffer       []byte
	plain, chunk []byte // parts of it
}

// make fills the event anew, in the place of what it was. fill appends its data.
func (e *event) make(fill func(to []byte) []byte) {
	e.buffer = fill(append(e.buffer[:0], room...))
	size := len(e.buffer) - len(room)
	e.buffer = append(e.buffer, "\r\n"...)
	var digits [16]byte
	hex := strconv.AppendUint(digits[:0], uint64(size), 16)
	begin := len(room) - len("\r\n") - len(hex)
	copy(e.buffer[begin:], hex)
	e.plain, e.chunk = e.buffer[len(room):][:size], e.buffer[begin:]
}

func eventOf(text string) *event {
	e := &event{}
	e.make(func(to []byte) []byte { return append(to, text...) })
	return e
}

// appendResult appends the event that docs/http-api.md describes. The reader has checked that every number is finite.
func appendResult(to []byte, result *detections.Result) []byte {
	to = append(to, `data: {"detections":[`...)
	for i := range result.Boxes {
		if i > 0 {
			to = append(to, ',')
		}
		to = appendBox(to, &result.Boxes[i])
	}
	to = append(to, `],"frame_number":`...)
	to = strconv.AppendUint(to, result.FrameNumber, 10)
	to = append(to, `,"capture_ns":`...)
	to = strconv.AppendUint(to, result.CaptureNS, 10)
	to = append(to, `,"rtp_timestamp":`...)
	to = strconv.AppendUint(to, uint64(rtpTimestamp(result.CaptureNS)), 10)
	to = append(to, `,"width":`...)
	to = strconv.AppendInt(to, int64(result.Width), 10)
	to = append(to, `,"height":`...)
	to = strconv.AppendInt(to, int64(result.Height), 10)
	return append(to, "}\n\n"...)
}

func appendBox(to []byte, box *detections.Box) []byte {
	to = append(to, `{"class_name":`...)
	to = site.AppendASCII(to, box.Class)
	to = append(to, `,"confidence":`...)
	to = strconv.AppendFloat(to, float64(box.Score), 'f', 4, 64)
	to = append(to, `,"bbox":{"x":`...)
	to = strconv.AppendFloat(to, float64(box.X), 'f', 2, 64)
	to = append(to, `,"y":`...)
	to = strconv.AppendFloat(to, float64(box.Y), 'f', 2, 64)
	to = append(to, `,"w":`...)
	to = strconv.AppendFloat(to, float64(box.W), 'f', 2, 64)
	to = append(to, `,"h":`...)
	to = strconv.AppendFloat(to, float64(box.H), 'f', 2, 64)
	return append(to, "}}"...)
}

// rtpTimestamp is that of the frame, 90 kHz mod 2³²; of any time, however late.
func rtpTimestamp(captureNS uint64) uint32 {
	high, low := bits.Mul64(captureNS, 9)
	ticks, _ := bits.Div64(high, low, 100_000)
	return uint32(ticks)
}
