package rdkx5

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/detections"
	"petcam/streamer/internal/shm"
)

// detectionPause is the least time between two looks at a new result, ns: each look takes recheckDelay, however fast the
// daemon writes.
const detectionPause = 20_000_000

// rawResult is a copy of a segment's bytes, of either generation.
type rawResult [DetectionsSize]byte

// result is the shm.DetectionLayout of the detector's newest result. Silence is not an empty result: a writer may skip
// those.
type result struct {
	recheck func() // lets the time between two copies pass
	pause   uint64 // ns between two looks at a new result

	fd      int
	isOpen  bool
	size    int    // bytes: the generation
	epoch   uint64 // when it was opened, or its count began anew
	version uint32 // of the last result that was looked at
	due     uint64 // when a new one may be looked at, ns
	raw     rawResult
	again   rawResult // the second copy
}

// OpenDetections makes a reader of the result called name, such as /pet_camera_detections.
func OpenDetections(name string, options ...shm.Option) *shm.DetectionReader {
	return shm.NewDetectionReader(name, &result{recheck: waitToRecheck, pause: detectionPause}, options...)
}

func (r *result) IsOpen() bool  { return r.isOpen }
func (r *result) HasName() bool { return shm.HasName(r.fd) }

// HasDetections says whether a segment of so many bytes is a detector's.
func HasDetections(bytes int64) bool {
	return bytes == DetectionsSize || bytes == DetectionsSize-ShorterBy
}

func (r *result) Open(name string) error {
	fd, size, err := shm.OpenTrusted(name)
	if err != nil {
		return err
	}
	switch size {
	case DetectionsSize, DetectionsSize - ShorterBy:
		r.fd, r.isOpen, r.size, r.epoch, r.version = fd, true, int(size), shm.Now(), 0
		return nil
	case 0:
		err = shm.ErrNoData
	default:
		err = shm.Refusal(fmt.Sprintf("has %d bytes, a detection result of an RDK X5 has %d or %d: correct camera.layout "+
			"or camera.detections", size, DetectionsSize, DetectionsSize-ShorterBy))
	}
	_ = unix.Close(fd)
	return err
}

func (r *result) Close() {
	if r.isOpen {
		_ = unix.Close(r.fd)
		r.isOpen = false
	}
}

// Next takes a result for whole where two copies, some time apart, are the same: nothing else can prove it.
func (r *result) Next(to *detections.Result) (found bool, skipped uint64, err error) {
	if !r.read(r.raw[:]) {
		return false, 0, nil
	}
	version := r.number(OffsetVersion)
	if version == r.version || shm.Now() < r.due {
		return false, 0, nil
	}
	r.recheck()
	r.due = shm.Now() + r.pause
	if !r.read(r.again[:]) || !bytes.Equal(r.raw[:r.size], r.again[:r.size]) {
		return false, 0, nil // it changed while it was copied; the next look counts what that cost
	}
	if raised := version - r.version; raised >= 1<<31 { // a writer that began anew
		r.epoch = shm.Now()
	} else if r.version != 0 {
		skipped = uint64(raised - 1)
	}
	r.version = version
	if err := r.parse(to); err != nil {
		return false, skipped + 1, err
	}
	return true, skipped, nil
}

// read copies the segment; one that has become shorter is closed.
func (r *result) read(to []byte) bool {
	n, err := unix.Pread(r.fd, to[:r.size], 0)
	if err != nil || n < r.size {
		r.Close()
		return false
	}
	return true
}

// bytes is what stands at an offset of the first generation, in either.
func (r *result) bytes(offset int) []byte {
	if offset > OffsetTime {
		offset -= DetectionsSize - r.size
	}
	return r.raw[offset:]
}

func (r *result) number(offset int) uint32 { return binary.LittleEndian.Uint32(r.bytes(offset)) }

// parse checks each value; it fails with a Refusal.
func (r *result) parse(to *detections.Result) error {
	captured, err := r.captured()
	if err != nil {
		return err
	}
	count := int32(r.number(OffsetCount))
	if count < 0 || count > MaxDetections {
		return shm.WriterMistake("num_detections %d is not 0..%d", count, MaxDetections)
	}
	*to = detections.Result{
		Epoch: r.epoch, Record: uint64(r.version), FrameNumber: binary.LittleEndian.Uint64(r.bytes(OffsetResultNumber)),
		CaptureNS: captured, PublishNS: shm.Now(), Width: PictureWidth, Height: PictureHeight, Boxes: to.Boxes[:0],
	}
	for i := range int(count) {
		box := parseDetection(r.bytes(OffsetDetections + i*DetectionSize))
		if err := shm.CheckBox(box, PictureWidth, PictureHeight); err != nil {
			return err
		}
		to.Boxes = append(to.Boxes, box)
	}
	return nil
}

func parseDetection(raw []byte) detections.Box {
	u32 := func(offset int) uint32 { return binary.LittleEndian.Uint32(raw[offset:]) }
	i32 := func(offset int) float32 { return float32(int32(u32(offset))) }
	name, _, _ := bytes.Cut(raw[:ClassNameSize], []byte{0})
	return detections.Box{
		Class: string(name), Score: math.Float32frombits(u32(OffsetConfidence)),
		X: i32(OffsetX), Y: i32(OffsetY), W: i32(OffsetW), H: i32(OffsetH),
	}
}

// captured is when the frame was captured, in ns of CLOCK_MONOTONIC.
func (r *result) captured() (uint64, error) {
	first := binary.LittleEndian.Uint64(r.bytes(OffsetTime))
	if r.size != DetectionsSize {
		return monotonicNS(math.Float64frombits(first), time.Now(), shm.Now())
	}
	nanoseconds := binary.LittleEndian.Uint64(r.raw[OffsetTime+8:])
	if first >= maxSeconds || nanoseconds >= 1e9 { // below zero is far above
		return 0, shm.WriterMistake("the time %d s %d ns is not possible", int64(first), int64(nanoseconds))
	}
	return first*1e9 + nanoseconds, nil
}

// monotonicNS is a time of the second generation, which is of the monotonic or of the wall clock: whichever is nearer now.
func monotonicNS(seconds float64, wall time.Time, now uint64) (uint64, error) {
	if !(seconds >= 0 && seconds < maxSeconds) { // NaN too
		return 0, shm.WriterMistake("the time %v s is not possible", seconds)
	}
	monotonic, wallSeconds := float64(now)/1e9, float64(wall.UnixNano())/1e9
	if math.Abs(seconds-wallSeconds) < math.Abs(seconds-monotonic) {
		seconds = max(0, seconds-wallSeconds+monotonic)
	}
	return uint64(seconds * 1e9), nil
}
