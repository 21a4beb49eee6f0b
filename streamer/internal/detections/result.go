// Package detections is what a detector found on a frame, whatever shared memory it came by. It imports nothing of the
// streamer.
package detections

import (
	"fmt"
	"math"
	"strings"
)

// MaxClass is the longest name of a class, in bytes.
const MaxClass = 32

// Result is a detector's answer for one frame. Without boxes: it looked and found nothing.
type Result struct {
	Epoch, Record uint64 // of the writer; number within the epoch
	FrameNumber   uint64 // of the frame that was looked at, as is the next
	CaptureNS     uint64 // CLOCK_MONOTONIC
	PublishNS     uint64 // CLOCK_MONOTONIC
	Width, Height int    // pixels of the picture that the boxes are measured in
	Boxes         []Box
}

// Box is something that was found.
type Box struct {
	Class      string  // UTF-8
	Score      float32 // 0..1
	X, Y, W, H float32 // pixels; left top corner, width and height
}

// Fault says what is wrong with a box of a picture of this size, by the rules of docs/shm-layout.md; empty: nothing.
func (b Box) Fault(width, height int) string {
	switch {
	case b.Class == "" || len(b.Class) > MaxClass || strings.Contains(b.Class, "\x00"):
		return fmt.Sprintf("class_name must have 1 to %d bytes and no NUL", MaxClass)
	case !finite(b.Score) || !finite(b.X) || !finite(b.Y) || !finite(b.W) || !finite(b.H):
		return "a number is not finite"
	case b.Score < 0 || b.Score > 1:
		return "confidence is not within 0..1"
	case b.W <= 0 || b.H <= 0:
		return "w and h must be above 0"
	case b.isOutside(float64(width), float64(height)):
		return fmt.Sprintf("lies outside the picture of %dx%d pixels", width, height)
	}
	return ""
}

// isOutside computes in 64 bits, as the Python reader does.
func (b Box) isOutside(width, height float64) bool {
	x, y, w, h := float64(b.X), float64(b.Y), float64(b.W), float64(b.H)
	return x >= width || y >= height || x+w <= 0 || y+h <= 0
}

func finite(f float32) bool { return !math.IsNaN(float64(f)) && !math.IsInf(float64(f), 0) }
