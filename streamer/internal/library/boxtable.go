package library

import (
	"bytes"
	"encoding/binary"
	"math"
)

const (
	boxFormat  = "application/vnd.petcam.boxes+json"
	elstSize   = 28 // to the first entry's end
	maxSamples = 1 << 20
	maxDelay   = 1 << 50 // ticks
	runsAtOnce = 8192    // of stts: 64 KiB
)

// sampleDescription is the content of stsd: version, count, and of the entry: size, type, data reference, no content
// encoding, format.
func sampleDescription() []byte {
	b := binary.BigEndian.AppendUint32(nil, 0)
	b = binary.BigEndian.AppendUint32(b, 1)
	b = binary.BigEndian.AppendUint32(b, uint32(16+1+len(boxFormat)+1))
	b = append(b, "mett\x00\x00\x00\x00\x00\x00\x00\x01\x00"...)
	return append(b, boxFormat+"\x00"...)
}

// boxTrack is the track of the boxes, where there is one in the form that petcam writes.
func (f *boxFile) boxTrack(moov span) (found span, ok bool) {
	wanted := sampleDescription()
	f.each(moov, "trak", func(track span) bool {
		stsd, is := f.find(track, "mdia", "minf", "stbl", "stsd")
		if is && stsd.len() == int64(len(wanted)) && bytes.Equal(f.at(stsd.start, len(wanted)), wanted) {
			found, ok = track, true
		}
		return !ok
	})
	return found, ok
}

// placesInTable are those of the samples from begin to before end in ticks, in order, at most so many. There are none
// where the table is not in the form that petcam writes.
func (f *boxFile) placesInTable(track span, begin, end int64, most int) []samplePlace {
	table, found := f.find(track, "mdia", "minf", "stbl")
	if !found {
		return nil
	}
	count, isOurs := f.sampleCount(table)
	delay, isDelay := f.delay(track)
	if !isOurs || !isDelay || count == 0 {
		return nil
	}
	first, times, ok := f.times(table, count, delay, begin, end, most)
	if !ok {
		return nil
	}
	stsz, found := f.find(table, "stsz")
	sizes, areThere := f.numbers(stsz, stszSize, 4, first, len(times))
	offsets, ok := f.offsets(table, count, first, len(times))
	if !found || !areThere || !ok {
		return nil
	}
	places := make([]samplePlace, len(times))
	for n, ticks := range times {
		places[n] = samplePlace{ticks, int64(offsets[n]), uint32(sizes[n])}
	}
	return places
}

// sampleCount is that of the samples, each of which is a chunk; false where they are too many, or it is another table.
func (f *boxFile) sampleCount(table span) (count uint32, ok bool) {
	stsc, hasChunks := f.find(table, "stsc")
	stsz, hasSizes := f.find(table, "stsz")
	if !hasChunks || !hasSizes {
		return 0, false
	}
	head, chunks := f.whole(stsz.start, stszSize), f.at(stsc.start, 20)
	oneInEach := "\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01\x00\x00\x00\x01"
	if head == nil || string(chunks) != oneInEach {
		return 0, false
	}
	common, count := binary.BigEndian.Uint32(head[4:]), binary.BigEndian.Uint32(head[8:])
	return count, common == 0 && count <= maxSamples
}

// delay is how long after the first picture the first sample is, in ticks.
func (f *boxFile) delay(track span) (ticks int64, ok bool) {
	elst, found := f.find(track, "edts", "elst")
	if !found {
		return 0, true
	}
	b := f.whole(elst.start, elstSize)
	if b == nil {
		return 0, false
	}
	count, delay, mediaTime := binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint64(b[8:]), binary.BigEndian.Uint64(b[16:])
	ok = b[0] == 1 && count == 2 && mediaTime == math.MaxUint64 && delay <= maxDelay
	return int64(delay), ok
}

// times are those of the samples from begin to before end, at most so many, and the number of the first of them. Only a
// part of stts is in memory at a time.
func (f *boxFile) times(table span, count uint32, at, begin, end int64, most int) (first int64, times []int64, ok bool) {
	stts, _ := f.find(table, "stts")
	head, ok := f.numbers(stts, 4, 4, 0, 1)
	if !ok {
		return 0, nil, false
	}
	runs := int64(head[0])
	part := timesPart{at: at, begin: begin, end: end, most: most}
	for run := int64(0); run < runs; run += runsAtOnce {
		numbers, ok := f.numbers(stts, 8, 4, 2*run, 2*int(min(runsAtOnce, runs-run)))
		if !ok || !part.mayHave(numbers, count) {
			return 0, nil, false
		}
		if part.add(numbers) {
			break
		}
	}
	return part.first, part.times, true
}

// timesPart is how far times has come.
type timesPart struct {
	before     int64 // samples
	at         int64 // ticks of the next one
	begin, end int64
	most       int
	first      int64
	times      []int64
}

// mayHave says whether the runs, each a count and a duration, have no more samples than there are.
func (p *timesPart) mayHave(runs []uint64, count uint32) bool {
	total := uint64(p.before)
	for n := 0; n < len(runs); n += 2 {
		total += runs[n]
	}
	return total <= uint64(count)
}

// add goes through runs, and says whether all that are wanted are found.
func (p *timesPart) add(runs []uint64) (isDone bool) {
	low, high, all, isFirst := int64(0), int64(0), int64(0), len(p.times) == 0
	for n := 0; n < len(runs); n += 2 {
		for range runs[n] {
			if p.at < p.begin {
				low++
			} else if p.at < p.end && len(p.times) < p.most {
				p.times = append(p.times, p.at)
			}
			if p.at < p.end {
				high++
			}
			all++
			p.at += int64(runs[n+1])
		}
	}
	if isFirst {
		p.first = p.before + low
	}
	p.before += all
	return high < all || len(p.times) == p.most
}

// offsets are those of so many samples from the first on.
func (f *boxFile) offsets(table span, count uint32, first int64, length int) ([]uint64, bool) {
	width := 4
	box, found := f.find(table, "stco")
	if !found {
		width = 8
		box, _ = f.find(table, "co64")
	}
	if head, ok := f.numbers(box, 4, 4, 0, 1); !ok || head[0] != uint64(count) {
		return nil, false
	}
	offsets, ok := f.numbers(box, 8, width, first, length)
	for _, offset := range offsets {
		ok = ok && offset <= math.MaxInt64 // no file is longer
	}
	return offsets, ok
}

// numbers are so many from the first on, each of so many bytes, of an array in a box that begins at start; false where it
// ends before.
func (f *boxFile) numbers(box span, start int64, width int, first int64, length int) ([]uint64, bool) {
	if box == (span{}) || start+(first+int64(length))*int64(width) > box.len() {
		return nil, false
	}
	b := f.whole(box.start+start+first*int64(width), length*width)
	if b == nil && length > 0 {
		return nil, false
	}
	numbers := make([]uint64, length)
	for n := range numbers {
		if width == 8 {
			numbers[n] = binary.BigEndian.Uint64(b[8*n:])
		} else {
			numbers[n] = uint64(binary.BigEndian.Uint32(b[4*n:]))
		}
	}
	return numbers, true
}
