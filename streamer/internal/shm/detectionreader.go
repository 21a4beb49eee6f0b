package shm

import "petcam/streamer/internal/detections"

type (
	// DetectionLayout is one kind of a detector's shared memory.
	DetectionLayout = PolledLayout[detections.Result]
	// DetectionReader reads a detector's results.
	DetectionReader = PolledReader[detections.Result]
)

// NewDetectionReader makes a DetectionReader of the segments of one layout called name. It never fails: the segment may
// come later.
func NewDetectionReader(name string, layout DetectionLayout, options ...Option) *DetectionReader {
	return newPolledReader("detections", name, layout, func(r *detections.Result) uint64 { return r.CaptureNS }, options)
}

// OpenDetections makes a DetectionReader of the segment called name, such as /petcam_detections.
func OpenDetections(name string, options ...Option) *DetectionReader {
	return NewDetectionReader(name, newDetectionSegment(), options...)
}
