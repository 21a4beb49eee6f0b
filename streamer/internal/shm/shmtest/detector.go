package shmtest

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"testing"

	"petcam/streamer/internal/detections"
	"petcam/streamer/internal/shm"
)

// Detector writes a detections segment, by steps C1 to C5 and W1 to W9 of docs/shm-layout.md but for the heartbeat and
// the futex, which no DetectionReader looks at. Its methods are for one goroutine at a time.
type Detector struct {
	Next uint64 // number of the next record
	path string
	file *os.File
}

// NewDetector creates the segment, in place of one that has the name already, and takes it away when the test ends.
func NewDetector(t testing.TB, name string) *Detector {
	t.Helper()
	d := &Detector{path: shm.Directory + name}
	if err := d.create(DetectionHeader(shm.Now())); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.file.Close(); _ = os.Remove(d.path) })
	return d
}

func (d *Detector) create(header []byte) (err error) {
	temporary := d.path + ".new"
	_ = os.Remove(temporary)
	if d.file, err = os.OpenFile(temporary, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600); err != nil {
		return err
	}
	if err := d.file.Truncate(shm.DetectionSegmentSize); err != nil {
		return err
	}
	if _, err := d.file.WriteAt(header, 0); err != nil {
		return err
	}
	if err := d.file.Chmod(0o640); err != nil {
		return err
	}
	return os.Rename(temporary, d.path)
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

// Put64 writes a word of 64 bits, also where the contract forbids it.
func (d *Detector) Put64(offset int, value uint64) {
	d.Write(binary.LittleEndian.AppendUint64(nil, value), offset)
}

// Write writes bytes anywhere.
func (d *Detector) Write(b []byte, offset int) {
	if _, err := d.file.WriteAt(b, int64(offset)); err != nil {
		panic(fmt.Sprintf("shmtest: %v", err))
	}
}

// Truncate makes the segment shorter in place, which no writer must do.
func (d *Detector) Truncate(size int64) {
	if err := d.file.Truncate(size); err != nil {
		panic(fmt.Sprintf("shmtest: %v", err))
	}
}

// Replace makes a new segment under the name, as a writer does that starts again.
func (d *Detector) Replace(t testing.TB) {
	t.Helper()
	before := d.file
	if err := d.create(DetectionHeader(shm.Now())); err != nil {
		t.Fatal(err)
	}
	_ = before.Close()
	d.Next = 0
}

// Leave takes the segment away as a writer does that stops cleanly.
func (d *Detector) Leave() { _ = os.Remove(d.path) }

// Path is the segment's file.
func (d *Detector) Path() string { return d.path }
