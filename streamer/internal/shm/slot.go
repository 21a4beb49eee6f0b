package shm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// errTorn says that a slot does not hold the record that was looked for, whole.
var errTorn = errors.New("torn")

// rawSlot is a copy of a slot's bytes.
type rawSlot [SlotSize]byte

// slot is a stream slot that passed steps R2 and R3.
type slot struct {
	frameNumber   uint64
	captureNS     uint64
	publishNS     uint64
	offset        int // of the data in the segment; offset+size is inside
	size          int
	keyframe      bool
	discontinuity bool
	width, height int
	crc           uint32 // of the data
}

// parseSlot checks a slot's copy as steps R2 and R3 say: the sequence of record n and the checksum, where it fails with
// errTorn, then every range, where it fails with a Refusal: that is its writer's mistake.
func parseSlot(raw *rawSlot, n uint64) (slot, error) {
	u16 := func(offset int) int { return int(binary.LittleEndian.Uint16(raw[offset:])) }
	u32 := func(offset int) uint32 { return binary.LittleEndian.Uint32(raw[offset:]) }
	u64 := func(offset int) uint64 { return binary.LittleEndian.Uint64(raw[offset:]) }

	if u64(OffsetSequence) != WholeSequence(n) || u32(OffsetSlotCRC) != crc32.ChecksumIEEE(raw[:OffsetSlotCRC]) {
		return slot{}, errTorn
	}
	position, size, flags := u64(OffsetDataPosition), u32(OffsetDataSize), u32(OffsetFlags)
	width, height := u16(OffsetWidth), u16(OffsetHeight)
	switch {
	case size < 1 || size > MaxData:
		return slot{}, WriterMistake("data_size %d is not 1..%d", size, MaxData)
	case position%DataAlign != 0 || position%DataCapacity+uint64(size) > DataCapacity:
		return slot{}, WriterMistake("data_position %d with %d bytes is not within the data area", position, size)
	case flags&^(FlagKeyframe|FlagDiscontinuity) != 0:
		return slot{}, WriterMistake("flags %#x are unknown", flags)
	case width == 0 || height == 0:
		return slot{}, WriterMistake("a picture of %dx%d pixels", width, height)
	}
	return slot{
		frameNumber: u64(OffsetFrameNumber), captureNS: u64(OffsetCapture), publishNS: u64(OffsetPublish),
		offset: DataOffset(position), size: int(size),
		keyframe: flags&FlagKeyframe != 0, discontinuity: flags&FlagDiscontinuity != 0,
		width: width, height: height,
		crc: u32(OffsetDataCRC),
	}, nil
}

// WriterMistake is the Refusal of a record that its writer got wrong.
func WriterMistake(format string, values ...any) Refusal {
	return Refusal(fmt.Sprintf(format, values...) + ": correct its writer; sudo petcam doctor says more")
}
