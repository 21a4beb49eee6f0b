package shm

import (
	"encoding/binary"
	"fmt"
)

// The H.264 ring that the daemons on an RDK X5 board write (camera.layout: rdk-x5), little-endian. There is no lock and
// no checksum in it, nor anything that says how far a writer has come within a record.
const (
	RDKSlots     = 30
	RDKMaxData   = 3_110_400 // bytes of one access unit
	RDKFrames    = 40        // where the slots begin; before them are the count of writes (u32), an interval and a semaphore
	RDKFrameSize = RDKOffsetData + RDKMaxData
	RDKSize      = RDKFrames + RDKSlots*RDKFrameSize

	RDKFormatH264 = 3
)

// Offsets in a slot of the ring.
const (
	RDKOffsetFrameNumber = 0  // u64
	RDKOffsetSeconds     = 8  // i64, CLOCK_MONOTONIC
	RDKOffsetNanoseconds = 16 // i64
	RDKOffsetWidth       = 28 // i32
	RDKOffsetHeight      = 32 // i32
	RDKOffsetFormat      = 36 // i32
	RDKOffsetDataSize    = 40 // u64
	RDKOffsetData        = 48
)

const (
	rdkLargestSide = 8192    // pixels
	rdkLongestTime = 1 << 33 // seconds
)

// rawRDKFrame is a copy of a slot's bytes before its data.
type rawRDKFrame [RDKOffsetData]byte

// rdkFrame is what stands before the data of a frame that makes sense.
type rdkFrame struct {
	number        uint64
	captureNS     uint64
	width, height int
	size          int // of the data, within the slot
}

// RDKSlotOffset is where the slot of record n begins: the daemon's own count of writes has 32 bits.
func RDKSlotOffset(n uint64) int { return RDKFrames + int(uint32(n)%RDKSlots)*RDKFrameSize }

// parseRDKFrame checks each value; it fails with a refusal.
func parseRDKFrame(raw *rawRDKFrame) (rdkFrame, error) {
	i32 := func(offset int) int { return int(int32(binary.LittleEndian.Uint32(raw[offset:]))) }
	u64 := func(offset int) uint64 { return binary.LittleEndian.Uint64(raw[offset:]) }

	seconds, nanoseconds := u64(RDKOffsetSeconds), u64(RDKOffsetNanoseconds) // below zero is far above the limits
	size, width, height := u64(RDKOffsetDataSize), i32(RDKOffsetWidth), i32(RDKOffsetHeight)
	switch format := i32(RDKOffsetFormat); {
	case format != RDKFormatH264:
		return rdkFrame{}, refusal(fmt.Sprintf("format %d is not H.264 (%d): is camera.stream the right segment?",
			format, RDKFormatH264))
	case size < 1 || size > RDKMaxData:
		return rdkFrame{}, mistake("data_size %d is not 1..%d", size, RDKMaxData)
	case width < 1 || width > rdkLargestSide || height < 1 || height > rdkLargestSide:
		return rdkFrame{}, mistake("a picture of %dx%d pixels", width, height)
	case seconds >= rdkLongestTime || nanoseconds >= 1e9:
		return rdkFrame{}, mistake("the time %d s %d ns is not possible",
			int64(seconds), int64(nanoseconds))
	}
	return rdkFrame{
		number: u64(RDKOffsetFrameNumber), captureNS: seconds*1e9 + nanoseconds,
		width: width, height: height, size: int(size),
	}, nil
}
