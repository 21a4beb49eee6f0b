package shm

// The stream segment of docs/shm-layout.md, ABI version 1. Sizes and offsets are in bytes, all integers little-endian.
const (
	ABIVersion = 1

	HeaderSize   = 4096
	SlotCount    = 2048
	SlotSize     = 64
	DataStart    = HeaderSize + SlotCount*SlotSize
	DataCapacity = SegmentSize - DataStart
	SegmentSize  = 16 << 20

	MaxData   = 4 << 20 // of one access unit
	DataAlign = 64      // of data_position

	MagicStream    = "PETCAMS\x00"
	WriterNameSize = 32
)

// Times of the contract, nanoseconds of CLOCK_MONOTONIC.
const (
	HeartbeatNS = 250_000_000   // a living writer beats at least this often
	StaleNS     = 1_000_000_000 // after this a reader calls the writer silent
)

// Offsets in the header. What is before OffsetHeartbeat never changes once the segment has its name.
const (
	OffsetMagic        = 0   // char[8]
	OffsetABIVersion   = 8   // u32
	OffsetHeaderSize   = 12  // u32
	OffsetSegmentSize  = 16  // u64
	OffsetSlotCount    = 24  // u32
	OffsetSlotSize     = 28  // u32
	OffsetDataStart    = 32  // u64
	OffsetDataCapacity = 40  // u64
	OffsetEpoch        = 48  // u64
	OffsetWriterPID    = 56  // u32
	OffsetWriterName   = 64  // char[32]
	OffsetHeaderCRC    = 124 // u32, of bytes 0..123

	OffsetHeartbeat   = 128 // u64
	OffsetNextRecord  = 136 // u64
	OffsetFirstRecord = 144 // u64
	OffsetNews        = 152 // u32, the futex word
)

// Offsets in a stream slot.
const (
	OffsetSequence     = 0  // u64
	OffsetFrameNumber  = 8  // u64
	OffsetCapture      = 16 // u64
	OffsetPublish      = 24 // u64
	OffsetDataPosition = 32 // u64
	OffsetDataSize     = 40 // u32
	OffsetFlags        = 44 // u32
	OffsetWidth        = 48 // u16
	OffsetHeight       = 50 // u16
	OffsetDataCRC      = 52 // u32
	OffsetSlotCRC      = 60 // u32, of the slot's bytes 0..59
)

// Flags of a stream slot; other bits are 0. An audio slot has the second only.
const (
	FlagKeyframe      = 1
	FlagDiscontinuity = 2
)

// WritingSequence is a slot's sequence while record n is being written to it.
func WritingSequence(n uint64) uint64 { return 2*n + 1 }

// WholeSequence is a slot's sequence once record n is whole.
func WholeSequence(n uint64) uint64 { return 2*n + 2 }

// SlotOffset is where the slot of record n begins in the segment.
func SlotOffset(n uint64) int { return HeaderSize + int(n%SlotCount)*SlotSize }

// DataOffset is where the data with this data_position begins in the segment.
func DataOffset(position uint64) int { return DataStart + int(position%DataCapacity) }
