package shm

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"math"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/detections"
)

// maxDetectionTries bounds how many records one look may find torn or wrong.
const maxDetectionTries = 8

// rawDetectionSlot is a copy of a slot's bytes.
type rawDetectionSlot [DetectionSlotSize]byte

// detectionSegment is the contract's DetectionLayout. It is read with pread, not mapped: where a detector truncates it,
// a mapping would fault, and with it the recording end.
type detectionSegment struct {
	fd     int
	isOpen bool
	epoch  uint64
	next   uint64           // record to read
	live   [16]byte         // next_record and first_record; here, as is copied, so that reading allocates nothing
	copied rawDetectionSlot // the slot being read
}

func (d *detectionSegment) IsOpen() bool  { return d.isOpen }
func (d *detectionSegment) HasName() bool { return HasName(d.fd) }

// Open does steps O1 to O4. It begins at the oldest record.
func (d *detectionSegment) Open(name string) error {
	fd, size, err := OpenTrusted(name)
	if err != nil {
		return err
	}
	d.fd, d.isOpen = fd, true
	if err := d.check(size); err != nil {
		d.Close()
		return err
	}
	return nil
}

func (d *detectionSegment) check(size int64) error {
	var raw fixedHeader
	if size < HeaderSize || !d.read(raw[:], 0) {
		return ErrNoData
	}
	found, err := parseHeader(&raw, size, detectionShape)
	if err != nil {
		return err
	}
	published, first, ok := d.records()
	if !ok {
		return ErrNoData
	}
	d.epoch, d.next = found.epoch, max(first, published-min(published, DetectionSlotCount))
	return nil
}

func (d *detectionSegment) Close() {
	if d.isOpen {
		_ = unix.Close(d.fd)
		d.isOpen = false
	}
}

// read fills to with what stands at an offset; false where the segment ends before.
func (d *detectionSegment) read(to []byte, offset int) bool {
	n, err := unix.Pread(d.fd, to, int64(offset))
	return err == nil && n == len(to)
}

// records gives next_record and first_record.
func (d *detectionSegment) records() (next, first uint64, ok bool) {
	ok = d.read(d.live[:], OffsetNextRecord)
	return binary.LittleEndian.Uint64(d.live[:]), binary.LittleEndian.Uint64(d.live[8:]), ok
}

// Next goes on at the oldest record that is still there where it fell behind.
func (d *detectionSegment) Next(to *detections.Result) (found bool, skipped uint64, mistake error) {
	for range maxDetectionTries {
		published, first, ok := d.records()
		if !ok {
			d.Close()
			return false, skipped, mistake
		}
		if d.next >= published {
			d.next = published // a writer that counts backwards breaks the contract; do not wait for ever
			return false, skipped, mistake
		}
		if oldest := max(first, published-min(published, DetectionSlotCount)); d.next < oldest {
			skipped += min(oldest, published) - d.next
			d.next = min(oldest, published)
			continue
		}
		err := d.copy(d.next, to)
		d.next++
		if err == nil {
			return true, skipped, mistake
		}
		skipped++
		if err != errTorn {
			mistake = err
		}
	}
	return false, skipped, mistake
}

// copy gives record n by steps R1 to R5. It fails with errTorn or a Refusal.
func (d *detectionSegment) copy(n uint64, to *detections.Result) error {
	const attempts = 3
	if n >= 1<<63 { // beyond, sequences come again
		return errTorn
	}
	for range attempts {
		slot := DetectionSlotOffset(n)
		if !d.read(d.copied[:], slot) { // R1 and R2: the sequence is the copy's first word
			return errTorn
		}
		err := parseDetections(&d.copied, n, to)
		if err == errTorn {
			continue
		}
		if !d.read(d.live[:8], slot) || binary.LittleEndian.Uint64(d.live[:]) != WholeSequence(n) { // R5
			return errTorn
		}
		to.Epoch = d.epoch
		return err
	}
	return errTorn
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
