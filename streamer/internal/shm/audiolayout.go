package shm

// The audio segment of docs/shm-layout.md, beside the stream's in layout.go.
const (
	MagicAudio = "PETCAMA\x00"

	AudioSlotCount    = 4096
	AudioSlotSize     = 64
	AudioDataStart    = HeaderSize + AudioSlotCount*AudioSlotSize
	AudioDataCapacity = AudioSegmentSize - AudioDataStart
	AudioSegmentSize  = 1 << 20

	AudioMaxData   = 1275  // of one Opus packet
	AudioDataAlign = 8     // of data_position
	AudioSamples   = 960   // of one record
	AudioMinLevel  = -9600 // hundredths of dBFS
)

// Offsets in an audio slot; up to flags it is as a stream's, with the packet's number in the frame's place.
const (
	OffsetSamples      = 48 // u16
	OffsetRMS          = 50 // i16
	OffsetPeak         = 52 // i16
	OffsetAudioDataCRC = 56 // u32
	OffsetAudioSlotCRC = 60 // u32, of the slot's bytes 0..59
)

// AudioSlotOffset is where the slot of record n begins in the segment.
func AudioSlotOffset(n uint64) int { return HeaderSize + int(n%AudioSlotCount)*AudioSlotSize }

// AudioDataOffset is where the data with this data_position begins in the segment.
func AudioDataOffset(position uint64) int { return AudioDataStart + int(position%AudioDataCapacity) }
