package library

import (
	"encoding/binary"
	"sort"
)

const (
	// pairSize is that of moof with mdat's header.
	pairSize       = 108
	moofSize       = 100
	mdatHeader     = 8
	maxWalkSamples = 1 << 18 // some 5 MiB; 7 hours of 10 a second
	pairsAtOnce    = 256     // between two looks at the clock
)

// Tracks of a recording.
const (
	videoTrack = 1
	boxesTrack = 2
	soundTrack = 3
)

// walkKey tells the file that a walk is of.
type walkKey struct {
	file number
	head string
}

// walk finds where the boxes of a recording that grows are, by its pairs of moof and mdat. It remembers how far it has
// come, as there is no index: a long file is walked once. For one goroutine at a time.
type walk struct {
	of       walkKey
	at       int64 // of the next pair
	sequence uint32
	ticks    []uint64
	offsets  []int64
	sizes    []uint32
}

// goOn walks up to the last whole pair that petcam has written so far; false where the time was over before.
func (w *walk) goOn(f *boxFile, pairs int, isOver func() bool) bool {
	for !isOver() {
		for range pairs {
			if !w.step(f) {
				return true
			}
		}
	}
	return false
}

func (w *walk) step(f *boxFile) bool {
	b := f.whole(w.at, pairSize)
	if b == nil {
		return false
	}
	u32 := func(at int) uint32 { return binary.BigEndian.Uint32(b[at:]) }
	track, size, offset := u32(44), u32(92), w.at+pairSize
	isPair := u32(0) == moofSize && string(b[4:8]) == "moof" && string(b[104:108]) == "mdat" &&
		uint64(u32(100)) == mdatHeader+uint64(size)
	if !isPair || u32(20) != w.sequence || track < videoTrack || track > soundTrack || offset+int64(size) > f.size {
		return false
	}
	if track == boxesTrack && !w.add(binary.BigEndian.Uint64(b[60:]), offset, size) {
		return false
	}
	w.at, w.sequence = offset+int64(size), w.sequence+1
	return true
}

// add is false where the time does not rise.
func (w *walk) add(ticks uint64, offset int64, size uint32) bool {
	n := len(w.ticks)
	if size > maxSample || n > 0 && ticks <= w.ticks[n-1] {
		return false
	}
	if n < maxWalkSamples {
		w.ticks, w.offsets, w.sizes = append(w.ticks, ticks), append(w.offsets, offset), append(w.sizes, size)
	}
	return true
}

// places are those of the samples from begin to before end in ticks, in order, at most so many.
func (w *walk) places(begin, end int64, most int) (places []samplePlace) {
	before := func(ticks int64) int {
		return sort.Search(len(w.ticks), func(n int) bool { return w.ticks[n] >= uint64(max(0, ticks)) })
	}
	first := before(begin)
	for n := first; n < min(before(end), first+most); n++ {
		places = append(places, samplePlace{int64(w.ticks[n]), w.offsets[n], w.sizes[n]})
	}
	return places
}
