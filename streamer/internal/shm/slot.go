package shm

import (
	"encoding/binary"
	"hash/crc32"
)

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

// parseSlot checks a slot's copy as steps R2 and R3 say: the sequence of record n, the checksum, every range.
func parseSlot(raw *rawSlot, n uint64) (slot, bool) {
	u16 := func(offset int) int { return int(binary.LittleEndian.Uint16(raw[offset:])) }
	u32 := func(offset int) uint32 { return binary.LittleEndian.Uint32(raw[offset:]) }
	u64 := func(offset int) uint64 { return binary.LittleEndian.Uint64(raw[offset:]) }

	if u64(OffsetSequence) != WholeSequence(n) || u32(OffsetSlotCRC) != crc32.ChecksumIEEE(raw[:OffsetSlotCRC]) {
		return slot{}, false
	}
	position, size, flags := u64(OffsetDataPosition), u32(OffsetDataSize), u32(OffsetFlags)
	inside := size >= 1 && size <= MaxData && position%DataAlign == 0 &&
		position%DataCapacity+uint64(size) <= DataCapacity
	if !inside || flags&^(FlagKeyframe|FlagDiscontinuity) != 0 {
		return slot{}, false
	}
	return slot{
		frameNumber: u64(OffsetFrameNumber), captureNS: u64(OffsetCapture), publishNS: u64(OffsetPublish),
		offset: DataOffset(position), size: int(size),
		keyframe: flags&FlagKeyframe != 0, discontinuity: flags&FlagDiscontinuity != 0,
		width: u16(OffsetWidth), height: u16(OffsetHeight),
		crc: u32(OffsetDataCRC),
	}, true
}
