package camera

import "time"

const (
	windowTime  = 2 * time.Second
	maxInterval = 10 * time.Second // of two pictures that say a rate where there are no more in the window
	windowCount = 256              // enough for two seconds of 120 frames/s
)

// window holds the newest pictures' capture times and sizes. Rates come from capture times, so that a burst, such as a
// viewer's first pictures or a scheduler's hiccup, does not show in them.
type window struct {
	captured [windowCount]uint64 // nanoseconds
	sizes    [windowCount]int    // bytes
	count    int                 // pictures ever added
}

func (w *window) add(captureNS uint64, size int) {
	w.captured[w.count%windowCount] = captureNS
	w.sizes[w.count%windowCount] = size
	w.count++
}

// rates gives pictures and bits per second; zeros before there are two pictures. n pictures span n-1 intervals, so the
// oldest one only says when the time begins.
func (w *window) rates() (fps float64, bitrate int64) {
	if w.count == 0 {
		return 0, 0
	}
	newest := w.captured[(w.count-1)%windowCount]
	var pictures, bytes int
	var span uint64
	most := uint64(maxInterval)
	for i := w.count - 1; i > 0 && i > w.count-windowCount; i-- {
		before := w.captured[(i-1)%windowCount]
		if before >= newest || newest-before > most {
			break
		}
		pictures++
		bytes += w.sizes[i%windowCount]
		span = newest - before
		most = uint64(windowTime)
	}
	if span == 0 {
		return 0, 0
	}
	seconds := time.Duration(span).Seconds()
	return float64(pictures) / seconds, int64(float64(bytes*8) / seconds)
}
