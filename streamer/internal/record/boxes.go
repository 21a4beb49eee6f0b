package record

import (
	"log/slog"
	"time"

	"petcam/streamer/internal/detections"
)

// Boxes is a reader of a detector's results that nobody else reads from.
type Boxes interface {
	// Poll copies the next result, if one is there; it never waits for one.
	Poll(to *detections.Result) bool
	Close()
}

// The bounds of docs/recordings.md, Boxes.
const (
	maxWaiting     = 64 // results whose frames the file has not come to yet
	boxBytesAtOnce = 64 << 10
	boxBytesPerS   = 32 << 10 // of video
	maxSampleGap   = 6 * time.Hour
)

// boxFeed puts a detector's results into the files of one recording. It belongs to the goroutine that writes them, which it
// never fails: what goes wrong here costs boxes only. A nil one has no detector.
type boxFeed struct {
	reader  Boxes
	system  *system
	log     *slog.Logger
	waiting [maxWaiting]detections.Result // from first on, count of them; at most 100 KiB with their boxes
	first   int
	count   int
	sample  []byte
	said    bool // that the disk does not take them
}

// boxTrack is what a segment knows of its boxes.
type boxTrack struct {
	newest time.Duration // time of the newest sample, from the first frame on
	any    bool          // there is one
	shows  bool          // it has boxes
	bytes  int64         // of all samples, with what comes with each
}

// sampleOverhead is what a sample takes besides its bytes: moof, the header of mdat, and its line in the table.
const sampleOverhead = 128

// openBoxes makes the feed of a recording that begins now, and takes along at once what the shared memory still has.
func (r *Recorder) openBoxes() *boxFeed {
	if r.options.Boxes == nil {
		return nil
	}
	f := &boxFeed{reader: r.options.Boxes(), system: &r.system, log: r.options.Log}
	f.take()
	return f
}

func (f *boxFeed) close() {
	if f != nil {
		f.reader.Close()
	}
}

// take copies the results that have come, as many as may wait. What was captured later than now is wrong, and would wait
// for ever.
func (f *boxFeed) take() {
	for range maxWaiting {
		if f.count == maxWaiting {
			return
		}
		slot := &f.waiting[(f.first+f.count)%maxWaiting]
		if !f.reader.Poll(slot) {
			return
		}
		if _, now := f.system.now(); slot.CaptureNS <= now {
			f.count++
		}
	}
}

// write puts those results into a file whose frames are in it.
func (f *boxFeed) write(to *segment) {
	if f == nil {
		return
	}
	f.take()
	for ; f.count > 0; f.count-- {
		result := &f.waiting[f.first]
		if result.CaptureNS > to.last.CaptureNS {
			return // its frame is still to come
		}
		if err := f.add(to, result); err != nil && !f.said {
			f.said = true
			f.log.Warn("boxes cannot be written into the recording", "name", to.name, "error", err)
		}
		f.first = (f.first + 1) % maxWaiting
	}
}

// add writes a result by the rules N1 to N5 of docs/recordings.md, or leaves it out.
func (f *boxFeed) add(to *segment, result *detections.Result) error {
	track, at := &to.boxes, time.Duration(result.CaptureNS-to.first.CaptureNS)
	isBefore := result.CaptureNS < to.first.CaptureNS || track.any && at <= track.newest
	if isBefore || len(result.Boxes) == 0 && !track.shows {
		return nil
	}
	for track.any && at-track.newest > maxSampleGap {
		if added, err := f.put(to, track.newest+maxSampleGap, []byte("[]")); !added {
			return err
		}
	}
	f.sample = result.AppendSample(f.sample[:0], to.sets.first.Width, to.sets.first.Height)
	added, err := f.put(to, at, f.sample)
	if added {
		track.shows = len(result.Boxes) > 0
	}
	return err
}

// put writes a sample, where the boxes' share of the file has room for it.
func (f *boxFeed) put(to *segment, at time.Duration, sample []byte) (added bool, err error) {
	track, bytes := &to.boxes, int64(len(sample)+sampleOverhead)
	share := boxBytesAtOnce + boxBytesPerS*int64(to.elapsed(to.last))/int64(time.Second)
	if track.bytes+bytes > share {
		return false, nil
	}
	if added, err = to.mp4.AddMetadata(at, sample); added {
		track.newest, track.any, track.bytes = at, true, track.bytes+bytes
	}
	return added, err
}
