package library

import (
	"encoding/binary"
	"os"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/apierror"
)

const (
	maxFrames   = 20_000 // in one answer, and these bytes of samples
	maxAnswer   = 4 << 20
	maxTime     = 2 * time.Second // that one answer may take; one frame comes in any case
	maxWalks    = 2               // that are remembered, each some 5 MiB at most: one file grows by hand, one by itself
	tkhdSize    = 96              // of version 1
	headOfAWalk = 256             // bytes of moov, with its moment of creation
)

// Frame is what was found in a frame.
type Frame struct {
	Ticks int64 // 1/90,000 s since the first picture
	Boxes []Box
}

// BoxesPart is a part of a recording's boxes.
type BoxesPart struct {
	Width, Height int // pixels of the video's picture, in which the boxes are measured
	Frames        []Frame
	More          int64 // ticks of the frame where the next part begins; -1: there is none
}

// samplePlace is where a sample is in the file.
type samplePlace struct {
	ticks  int64
	offset int64
	size   uint32
}

// boxReader reads the boxes of recordings, for the part that is asked for.
type boxReader struct {
	now    func() time.Time
	limits boxLimits

	mu    sync.Mutex // guards the walks, also while one goes on
	walks []*walk    // oldest use first
}

// boxLimits are less in tests.
type boxLimits struct {
	frames, bytes int
	time          time.Duration
	pairs         int // between two looks at the clock
}

func newBoxReader(now func() time.Time) *boxReader {
	return &boxReader{now: now, limits: boxLimits{maxFrames, maxAnswer, maxTime, pairsAtOnce}}
}

// read reads those of the frames from begin to before end, in ticks. A sample that is not in the form that petcam writes
// is left out. It fails with NotFound where the file is no MP4 of petcam's.
func (r *boxReader) read(file *os.File, begin, end int64) (BoxesPart, error) {
	isOver := r.deadline()
	f, err := openBoxes(file)
	if err != nil {
		return BoxesPart{}, err
	}
	_ = unix.Fadvise(int(file.Fd()), 0, 0, unix.FADV_RANDOM) // small pieces, far apart: reading ahead would be for nothing
	part, err := r.readPart(f, begin, end, isOver)
	if f.err != nil { // of the disk; what has been read is no answer
		return BoxesPart{}, f.err
	}
	return part, err
}

func (r *boxReader) deadline() (isOver func() bool) {
	end := r.now().Add(r.limits.time)
	return func() bool { return r.now().After(end) }
}

func (r *boxReader) readPart(f *boxFile, begin, end int64, isOver func() bool) (BoxesPart, error) {
	moov, found := f.find(f.all(), "moov")
	width, height, isVideo := f.pictureSize(moov)
	if !found || !isVideo {
		return BoxesPart{}, apierror.New(apierror.NotFound, "there is no video in this recording")
	}
	places, isWhole := r.places(f, moov, begin, end, isOver)
	part := BoxesPart{Width: width, Height: height}
	part.Frames, part.More = r.frames(f, places, isOver)
	if part.More < 0 && !isWhole {
		part.More = begin
		if n := len(part.Frames); n > 0 {
			part.More = part.Frames[n-1].Ticks + 1
		}
	}
	return part, nil
}

func (f *boxFile) pictureSize(moov span) (width, height int, ok bool) {
	tkhd, found := f.find(moov, "trak", "tkhd")
	if !found || tkhd.len() != tkhdSize {
		return 0, 0, false
	}
	b := f.whole(tkhd.start, tkhdSize)
	if b == nil {
		return 0, 0, false
	}
	return int(binary.BigEndian.Uint16(b[88:])), int(binary.BigEndian.Uint16(b[92:])), true
}

// places are those of one frame more than an answer has, and whether all are known that there are.
func (r *boxReader) places(f *boxFile, moov span, begin, end int64, isOver func() bool) (places []samplePlace, isWhole bool) {
	track, found := f.boxTrack(moov)
	if !found {
		return nil, true
	}
	if _, grows := f.find(moov, "mvex"); !grows {
		return f.placesInTable(track, begin, end, r.limits.frames+1), true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	w := r.walkOf(f, moov)
	isWhole = w.goOn(f, r.limits.pairs, isOver)
	return w.places(begin, end, r.limits.frames+1), isWhole
}

// walkOf is that which is remembered, or a new one: the file's number may be another file's by now, its head is not.
func (r *boxReader) walkOf(f *boxFile, moov span) *walk {
	of := walkKey{f.of, string(f.at(moov.start, headOfAWalk))}
	at := slices.IndexFunc(r.walks, func(w *walk) bool { return w.of == of })
	w := &walk{of: of, at: moov.end, sequence: 1}
	if at >= 0 {
		w = r.walks[at]
		r.walks = slices.Delete(r.walks, at, at+1)
	}
	r.walks = append(r.walks, w)
	if len(r.walks) > maxWalks {
		r.walks = slices.Delete(r.walks, 0, 1)
	}
	return w
}

// frames are those at these places, and the time of the first for which there was no room or no time, or -1.
func (r *boxReader) frames(f *boxFile, places []samplePlace, isOver func() bool) (frames []Frame, more int64) {
	left, names := int64(r.limits.bytes), map[string]string{}
	for number, place := range places {
		left -= int64(place.size)
		if number == r.limits.frames || number > 0 && (left < 0 || isOver()) {
			return frames, place.ticks
		}
		if place.size > maxSample {
			continue
		}
		if boxes, ok := parseSample(f.at(place.offset, int(place.size)), names); ok {
			frames = append(frames, Frame{place.ticks, boxes})
		}
	}
	return frames, -1
}
