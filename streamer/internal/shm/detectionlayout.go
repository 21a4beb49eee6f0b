package shm

// The detections segment of docs/shm-layout.md, beside the stream's in layout.go.
const (
	MagicDetections = "PETCAMD\x00"

	DetectionSlotCount   = 64
	DetectionSlotSize    = 1728
	DetectionSegmentSize = HeaderSize + DetectionSlotCount*DetectionSlotSize

	MaxBoxes      = 32 // of one record
	ClassNameSize = 32
	BoxSize       = 52
)

// Offsets in a detections slot; up to publish_ns it is as a stream's.
const (
	OffsetPictureWidth  = 32   // u16
	OffsetPictureHeight = 34   // u16
	OffsetBoxCount      = 36   // u32
	OffsetBoxes         = 40   // box[32]
	OffsetDetectionCRC  = 1724 // u32, of the slot's bytes 0..1723
)

// Offsets in a box, whose class_name comes first.
const (
	OffsetConfidence = 32 // f32, as are the others
	OffsetX          = 36
	OffsetY          = 40
	OffsetW          = 44
	OffsetH          = 48
)

// DetectionSlotOffset is where the slot of record n begins in the segment.
func DetectionSlotOffset(n uint64) int {
	return HeaderSize + int(n%DetectionSlotCount)*DetectionSlotSize
}
