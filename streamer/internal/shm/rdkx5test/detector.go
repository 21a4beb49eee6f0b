package rdkx5test

import (
	"encoding/binary"
	"math"
	"os"
	"testing"

	"petcam/streamer/internal/detections"
	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/rdkx5"
)

// Detector writes a detection result without locks, as the daemons do. Its methods are for one goroutine at a time.
type Detector struct {
	Version uint32 // how often it was written
	Raw     []byte // what stands in the segment after the next Flush
	second  bool   // the second generation
	path    string
	file    *os.File
}

// NewDetector makes the segment of that name, of the second generation or of the first, until the test ends.
func NewDetector(t testing.TB, name string, second bool) *Detector {
	t.Helper()
	size := rdkx5.DetectionsSize
	if second {
		size -= rdkx5.ShorterBy
	}
	d := &Detector{Raw: make([]byte, size), second: second, path: shm.Directory + name}
	var err error
	if d.file, err = os.OpenFile(d.path, os.O_CREATE|os.O_RDWR, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.file.Close(); _ = os.Remove(d.path) })
	d.Flush(t)
	return d
}

// Write writes a result: its number, time and boxes, whose numbers are cut to whole ones.
func (d *Detector) Write(t testing.TB, result detections.Result) {
	t.Helper()
	d.Fill(result)
	d.Version++
	binary.LittleEndian.PutUint32(d.At(rdkx5.OffsetVersion), d.Version)
	d.Flush(t)
}

// Fill puts a result into Raw, all but the version.
func (d *Detector) Fill(result detections.Result) {
	binary.LittleEndian.PutUint64(d.At(rdkx5.OffsetResultNumber), result.FrameNumber)
	if d.second {
		binary.LittleEndian.PutUint64(d.At(rdkx5.OffsetTime), math.Float64bits(float64(result.CaptureNS)/1e9))
	} else {
		binary.LittleEndian.PutUint64(d.At(rdkx5.OffsetTime), result.CaptureNS/1e9)
		binary.LittleEndian.PutUint64(d.Raw[rdkx5.OffsetTime+8:], result.CaptureNS%1e9)
	}
	binary.LittleEndian.PutUint32(d.At(rdkx5.OffsetCount), uint32(len(result.Boxes)))
	for i, box := range result.Boxes {
		place := d.At(rdkx5.OffsetDetections + i*rdkx5.DetectionSize)[:rdkx5.DetectionSize]
		clear(place)
		copy(place[:rdkx5.ClassNameSize], box.Class)
		binary.LittleEndian.PutUint32(place[rdkx5.OffsetConfidence:], math.Float32bits(box.Score))
		for offset, value := range map[int]float32{
			rdkx5.OffsetX: box.X, rdkx5.OffsetY: box.Y, rdkx5.OffsetW: box.W, rdkx5.OffsetH: box.H,
		} {
			binary.LittleEndian.PutUint32(place[offset:], uint32(int32(value)))
		}
	}
}

// At is where something stands in Raw that stands there in the first generation.
func (d *Detector) At(offset int) []byte {
	if d.second && offset > rdkx5.OffsetTime {
		offset -= rdkx5.ShorterBy
	}
	return d.Raw[offset:]
}

// Flush writes Raw into the segment.
func (d *Detector) Flush(t testing.TB) {
	t.Helper()
	if _, err := d.file.WriteAt(d.Raw, 0); err != nil {
		t.Fatal(err)
	}
}

// Truncate makes the segment shorter in place.
func (d *Detector) Truncate(t testing.TB, size int64) {
	t.Helper()
	if err := d.file.Truncate(size); err != nil {
		t.Fatal(err)
	}
}
