package shmtest

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"testing"

	"petcam/streamer/internal/detections"
	"petcam/streamer/internal/shm"
)

// Detector writes a detections segment, by steps C1 to C5 and W1 to W9 of docs/shm-layout.md but for the heartbeat,
// which no DetectionReader looks at. Its methods are for one goroutine at a time.
type Detector struct{ segmentFile }

// NewDetector creates the segment, in place of one that has the name already, and takes it away when the test ends.
func NewDetector(t testing.TB, name string) *Detector {
	t.Helper()
	return &Detector{newSegmentFile(t, name, DetectionHeader, shm.DetectionSegmentSize)}
}

// DetectionHeader makes bytes 0 to 127 of a detections segment.
func DetectionHeader(epoch uint64) []byte {
	raw := Header(epoch)
	copy(raw[shm.OffsetMagic:], shm.MagicDetections)
	binary.LittleEndian.PutUint64(raw[shm.OffsetSegmentSize:], shm.DetectionSegmentSize)
	binary.LittleEndian.PutUint32(raw[shm.OffsetSlotCount:], shm.DetectionSlotCount)
	binary.LittleEndian.PutUint32(raw[shm.OffsetSlotSize:], shm.DetectionSlotSize)
	clear(raw[shm.OffsetDataStart:shm.OffsetEpoch])
	Seal(raw)
	return raw
}

// Publish writes the next record and returns its number. Epoch and Record of the result are not looked at; a PublishNS of
// 0 is now.
func (d *Detector) Publish(result detections.Result) uint64 {
	n := d.Next
	if n >= shm.DetectionSlotCount {
		d.Put64(shm.OffsetFirstRecord, n-shm.DetectionSlotCount+1) // W3
	}
	d.Put64(shm.DetectionSlotOffset(n), shm.WritingSequence(n)) // W4
	if result.PublishNS == 0 {
		result.PublishNS = shm.Now()
	}
	slot := EncodeDetections(n, result)
	d.Write(slot[8:], shm.DetectionSlotOffset(n)+8)           // W6
	d.Put64(shm.DetectionSlotOffset(n), shm.WholeSequence(n)) // W7
	d.Next = n + 1
	d.Put64(shm.OffsetNextRecord, d.Next) // W8
	d.Wake()
	return n
}

// EncodeDetections makes the slot of record n, whole; of boxes that do not fit only the count is there.
func EncodeDetections(n uint64, result detections.Result) []byte {
	raw := make([]byte, shm.DetectionSlotSize)
	u64 := func(offset int, value uint64) { binary.LittleEndian.PutUint64(raw[offset:], value) }
	u64(shm.OffsetSequence, shm.WholeSequence(n))
	u64(shm.OffsetFrameNumber, result.FrameNumber)
	u64(shm.OffsetCapture, result.CaptureNS)
	u64(shm.OffsetPublish, result.PublishNS)
	binary.LittleEndian.PutUint16(raw[shm.OffsetPictureWidth:], uint16(result.Width))
	binary.LittleEndian.PutUint16(raw[shm.OffsetPictureHeight:], uint16(result.Height))
	binary.LittleEndian.PutUint32(raw[shm.OffsetBoxCount:], uint32(len(result.Boxes)))
	for i, box := range result.Boxes[:min(len(result.Boxes), shm.MaxBoxes)] {
		place := raw[shm.OffsetBoxes+i*shm.BoxSize:]
		copy(place[:shm.ClassNameSize], box.Class)
		for offset, value := range map[int]float32{
			shm.OffsetConfidence: box.Score, shm.OffsetX: box.X, shm.OffsetY: box.Y, shm.OffsetW: box.W, shm.OffsetH: box.H,
		} {
			binary.LittleEndian.PutUint32(place[offset:], math.Float32bits(value))
		}
	}
	SealDetections(raw)
	return raw
}

// SealDetections puts a slot's checksum right.
func SealDetections(slot []byte) {
	binary.LittleEndian.PutUint32(slot[shm.OffsetDetectionCRC:], crc32.ChecksumIEEE(slot[:shm.OffsetDetectionCRC]))
}
