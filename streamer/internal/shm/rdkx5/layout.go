package rdkx5

import (
	"encoding/binary"
	"fmt"

	"petcam/streamer/internal/shm"
)

// The ring: sizes and offsets are in bytes, all integers little-endian. There is no lock and no checksum in it, nor
// anything that says how far a writer has come within a record.
const (
	Slots      = 30
	MaxData    = 3_110_400 // bytes of one access unit
	SlotsStart = 40        // where the slots begin; before them are the count of writes (u32), an interval and a semaphore
	FrameSize  = OffsetData + MaxData
	Size       = SlotsStart + Slots*FrameSize

	FormatH264 = 3
)

// Offsets in a slot of the ring.
const (
	OffsetFrameNumber = 0  // u64
	OffsetSeconds     = 8  // i64, CLOCK_MONOTONIC
	OffsetNanoseconds = 16 // i64
	OffsetWidth       = 28 // i32
	OffsetHeight      = 32 // i32
	OffsetFormat      = 36 // i32
	OffsetDataSize    = 40 // u64
	OffsetData        = 48
)

const (
	maxSide    = 8192    // pixels
	maxSeconds = 1 << 33 // seconds
)

// rawFrameHeader is a copy of a slot's bytes before its data.
type rawFrameHeader [OffsetData]byte

// frameHeader is what stands before the data of a frame that makes sense.
type frameHeader struct {
	number        uint64
	captureNS     uint64
	width, height int
	size          int // of the data, within the slot
}

// SlotOffset is where the slot of record n begins: the daemon's own count of writes has 32 bits.
func SlotOffset(n uint64) int { return SlotsStart + int(uint32(n)%Slots)*FrameSize }

// parseFrameHeader checks each value; it fails with a Refusal.
func parseFrameHeader(raw *rawFrameHeader) (frameHeader, error) {
	i32 := func(offset int) int { return int(int32(binary.LittleEndian.Uint32(raw[offset:]))) }
	u64 := func(offset int) uint64 { return binary.LittleEndian.Uint64(raw[offset:]) }

	seconds, nanoseconds := u64(OffsetSeconds), u64(OffsetNanoseconds) // below zero is far above the limits
	size, width, height := u64(OffsetDataSize), i32(OffsetWidth), i32(OffsetHeight)
	switch format := i32(OffsetFormat); {
	case format != FormatH264:
		return frameHeader{}, shm.Refusal(fmt.Sprintf("format %d is not H.264 (%d): is camera.stream the right segment?",
			format, FormatH264))
	case size < 1 || size > MaxData:
		return frameHeader{}, shm.WriterMistake("data_size %d is not 1..%d", size, MaxData)
	case width < 1 || width > maxSide || height < 1 || height > maxSide:
		return frameHeader{}, shm.WriterMistake("a picture of %dx%d pixels", width, height)
	case seconds >= maxSeconds || nanoseconds >= 1e9:
		return frameHeader{}, shm.WriterMistake("the time %d s %d ns is not possible",
			int64(seconds), int64(nanoseconds))
	}
	return frameHeader{
		number: u64(OffsetFrameNumber), captureNS: seconds*1e9 + nanoseconds,
		width: width, height: height, size: int(size),
	}, nil
}
