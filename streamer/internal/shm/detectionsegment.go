package shm

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
	"unicode/utf8"

	"petcam/streamer/internal/detections"
)

// rawDetectionSlot is a copy of a slot's bytes.
type rawDetectionSlot [DetectionSlotSize]byte

// detectionSegment is the contract's DetectionLayout.
type detectionSegment struct {
	recordFile
	to     *detections.Result // where Next wants the result
	copied rawDetectionSlot   // the slot being read; here, so that reading allocates nothing
}

func newDetectionSegment() *detectionSegment {
	return &detectionSegment{recordFile: recordFile{shape: detectionShape}}
}

// Next goes on at the oldest record that is still there where it fell behind.
func (d *detectionSegment) Next(to *detections.Result) (found bool, skipped uint64, mistake error) {
	d.to = to
	return d.nextRecord(d)
}

func (d *detectionSegment) copyRecord(n uint64) error {
	slot := DetectionSlotOffset(n)
	if !d.read(d.copied[:], slot) { // R1 and R2: the sequence is the copy's first word
		return errTorn
	}
	err := parseDetections(&d.copied, n, d.to)
	if err != errTorn && !d.isStill(n, slot) {
		return errTorn
	}
	d.to.Epoch = d.epoch
	return err
}

// parseDetections checks a slot's copy as steps R2 and R3 say: the sequence of record n and the checksum, where it fails
// with errTorn, then every value, where it fails with a Refusal.
func parseDetections(raw *rawDetectionSlot, n uint64, to *detections.Result) error {
	u16 := func(offset int) int { return int(binary.LittleEndian.Uint16(raw[offset:])) }
	u32 := func(offset int) uint32 { return binary.LittleEndian.Uint32(raw[offset:]) }
	u64 := func(offset int) uint64 { return binary.LittleEndian.Uint64(raw[offset:]) }

	if u64(OffsetSequence) != WholeSequence(n) || u32(OffsetDetectionCRC) != crc32.ChecksumIEEE(raw[:OffsetDetectionCRC]) {
		return errTorn
	}
	count := u32(OffsetBoxCount)
	*to = detections.Result{
		Record: n, FrameNumber: u64(OffsetFrameNumber), CaptureNS: u64(OffsetCapture), PublishNS: u64(OffsetPublish),
		Width: u16(OffsetPictureWidth), Height: u16(OffsetPictureHeight), Boxes: to.Boxes[:0],
	}
	switch {
	case to.Width == 0 || to.Height == 0:
		return WriterMistake("a picture of %dx%d pixels", to.Width, to.Height)
	case count > MaxBoxes:
		return WriterMistake("count %d is over %d", count, MaxBoxes)
	}
	for i := range int(count) {
		box, err := parseBox(raw[OffsetBoxes+i*BoxSize:][:BoxSize], to.Width, to.Height)
		if err != nil {
			return err
		}
		to.Boxes = append(to.Boxes, box)
	}
	return nil
}

func parseBox(raw []byte, width, height int) (detections.Box, error) {
	f32 := func(offset int) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(raw[offset:])) }
	name := bytes.TrimRight(raw[:ClassNameSize], "\x00")
	box := detections.Box{
		Class: string(name), Score: f32(OffsetConfidence), X: f32(OffsetX), Y: f32(OffsetY), W: f32(OffsetW), H: f32(OffsetH),
	}
	return box, CheckBox(box, width, height)
}

// CheckBox fails with a Refusal where a box of a picture of this size breaks the contract.
func CheckBox(box detections.Box, width, height int) error {
	if !utf8.ValidString(box.Class) {
		return WriterMistake("class_name %q is not UTF-8", box.Class)
	}
	if fault := box.Fault(width, height); fault != "" {
		return WriterMistake("%+v: %s", box, fault)
	}
	return nil
}
