package rdkx5

import "petcam/streamer/internal/shm"

// RawFrameHeader is the copy of a slot's bytes before its data.
type RawFrameHeader = rawFrameHeader

// ParseFrameHeader gives the size of the data of an accepted frame.
func ParseFrameHeader(raw *RawFrameHeader) (size int, err error) {
	found, err := parseFrameHeader(raw)
	return found.size, err
}

// OpenWithRecheck is Open with something done between the two copies of the newest record.
func OpenWithRecheck(name string, recheck func(), options ...shm.Option) *shm.Reader {
	layout := newStream()
	layout.recheck = func() {
		waitToRecheck()
		recheck()
	}
	return shm.NewReader(name, layout, options...)
}

// OpenDetectionsWithRecheck is OpenDetections with something else done between the two copies.
func OpenDetectionsWithRecheck(name string, recheck func(), options ...shm.Option) *shm.DetectionReader {
	return shm.NewDetectionReader(name, &result{recheck: recheck}, options...)
}

var MonotonicNS = monotonicNS
