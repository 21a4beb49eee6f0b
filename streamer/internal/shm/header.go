package shm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
)

// fixedHeader is the part of a header that never changes while the segment has its name.
type fixedHeader [OffsetHeartbeat]byte

// header is what a reader keeps of it.
type header struct {
	epoch uint64
}

// ErrNoData says that there is no segment yet, or none that its writer has finished: try again later.
var ErrNoData = errors.New("no data yet")

// Refusal says why a segment cannot be read and what a person can do; waiting alone does not help.
type Refusal string

func (r Refusal) Error() string { return string(r) }

// shape is the geometry of a kind of segment, which never changes in version 1.
type shape struct {
	magic                   string
	segmentSize             uint64
	slotCount, slotSize     uint32
	dataStart, dataCapacity uint64 // 0: no data area
}

var (
	streamShape    = shape{MagicStream, SegmentSize, SlotCount, SlotSize, DataStart, DataCapacity}
	detectionShape = shape{MagicDetections, DetectionSegmentSize, DetectionSlotCount, DetectionSlotSize, 0, 0}
	audioShape     = shape{MagicAudio, AudioSegmentSize, AudioSlotCount, AudioSlotSize, AudioDataStart, AudioDataCapacity}
)

// parseHeader checks a header as step O4 says, for a file of fileSize bytes; it fails with ErrNoData or a Refusal.
func parseHeader(raw *fixedHeader, fileSize int64, wanted shape) (header, error) {
	u32 := func(offset int) uint32 { return binary.LittleEndian.Uint32(raw[offset:]) }
	u64 := func(offset int) uint64 { return binary.LittleEndian.Uint64(raw[offset:]) }

	if string(raw[OffsetMagic:OffsetABIVersion]) != wanted.magic {
		return header{}, ErrNoData
	}
	if version := u32(OffsetABIVersion); version != ABIVersion {
		return header{}, versionRefusal(version)
	}
	if crc := crc32.ChecksumIEEE(raw[:OffsetHeaderCRC]); crc != u32(OffsetHeaderCRC) {
		return header{}, Refusal("the header's checksum is wrong: restart the daemon that writes it")
	}
	if size := u64(OffsetSegmentSize); size != uint64(fileSize) {
		return header{}, Refusal(fmt.Sprintf("its header says %d bytes but it has %d: restart the daemon that writes it",
			size, fileSize))
	}
	found := shape{
		wanted.magic, u64(OffsetSegmentSize), u32(OffsetSlotCount), u32(OffsetSlotSize),
		u64(OffsetDataStart), u64(OffsetDataCapacity),
	}
	if u32(OffsetHeaderSize) != HeaderSize || found != wanted {
		return header{}, Refusal("its sizes are not those of ABI version 1: upgrade the daemon that writes it")
	}
	if u64(OffsetEpoch) == 0 {
		return header{}, Refusal("its epoch is 0: restart the daemon that writes it")
	}
	return header{epoch: u64(OffsetEpoch)}, nil
}

func versionRefusal(version uint32) Refusal {
	remedy := "upgrade petcam"
	if version < ABIVersion {
		remedy = "upgrade the daemon that writes it"
	}
	return Refusal(fmt.Sprintf("ABI version %d, this petcam reads %d: %s", version, ABIVersion, remedy))
}
