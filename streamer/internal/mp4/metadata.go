package mp4

import (
	"encoding/json"
	"fmt"
	"math"
	"time"
)

const (
	metadataID = 2 // of the track

	// MaxMetadata is the size of the largest sample, in bytes.
	MaxMetadata = 16 << 10
	// maxMetadataSamples bounds the table, which takes 12 bytes of memory for one and 20 of the file.
	maxMetadataSamples = 1 << 20
	// MaxMetadataGap is the longest time between two samples: players take longer durations for negative ones.
	MaxMetadataGap = math.MaxInt32 * time.Second / timescale

	metadataFormat   = "application/vnd.petcam.boxes+json"
	metadataDuration = timescale / 30 // in a growing file, where the true one is not known
)

// AddMetadata writes JSON that belongs to the time, which counts from the first picture, by a single write. It is not added,
// without an error, where it may not come next: behind the newest picture, not behind the metadata before it or over
// MaxMetadataGap behind, empty, over MaxMetadata, or where the table is full. When it fails, the file ends behind the sample
// before, or will before the next one is written.
func (w *Writer) AddMetadata(at time.Duration, sample []byte) (added bool, err error) {
	stamp := ticks(at)
	if !w.movie.hasMetadata || !w.tables.mayAddMetadata(stamp, len(sample)) {
		return false, nil
	}
	w.note.begin()
	w.note = append(w.note, sample...)
	f := fragment{
		track: metadataID, sequence: w.tables.nextSequence(), at: stamp, duration: metadataDuration,
		size: uint32(len(sample)), sync: true,
	}
	f.put(w.note)
	if err := w.append(w.note); err != nil {
		return false, fmt.Errorf("mp4: metadata: %w", err)
	}
	w.tables.add(f)
	return true, nil
}

// metadataTable is a table of samples that begin anywhere, between those of the video.
type metadataTable struct {
	table
	first uint64 // time of the first sample, ticks
}

// mayFollow says whether a sample at the time may be added.
func (t *metadataTable) mayFollow(at uint64) bool {
	n := t.len()
	return n == 0 || n < maxMetadataSamples && at > t.newest && at-t.newest <= math.MaxInt32
}

// add appends a sample.
func (t *metadataTable) add(size uint32, at uint64) {
	if t.len() == 0 {
		t.first, t.newest = at, at
	}
	t.table.add(size, at, false)
}

// dropNewest takes the newest sample away again. There must be one.
func (t *metadataTable) dropNewest() {
	if t.len() == 1 {
		*t = metadataTable{}
		return
	}
	t.table.dropNewest()
}

// lastUntil has the last sample last up to the time, which is behind it.
func (t *metadataTable) lastUntil(end uint64) {
	if n := t.len(); n > 0 {
		t.samples[n-1].duration = uint32(min(end-t.newest, math.MaxInt32))
	}
}

// appendMetadata appends the trak box of the second track.
func (m movie) appendMetadata(w *boxes, t *tables, firstOffset int64) {
	end, media := t.metadata.duration(), t.metadata.duration()-t.metadata.first
	w.box("trak", func() {
		m.appendTkhd(w, metadataID, end, 0, 0)
		if t.metadata.first > 0 {
			appendDelay(w, t.metadata.first, media)
		}
		w.box("tref", func() {
			w.box("cdsc", func() { w.u32(videoID) })
		})
		w.box("mdia", func() {
			m.appendMdhd(w, timescale, media)
			appendHdlr(w, "meta")
			w.box("minf", func() {
				w.full("nmhd", 0, 0, func() {})
				appendDinf(w)
				w.box("stbl", func() {
					w.box("stsd", func() { appendMetadataEntry(w) })
					t.metadata.append(w, false)
					t.appendOffsets(w, metadataID, firstOffset)
				})
			})
		})
	})
}

// appendDelay appends the edts that lets a track of so many ticks begin so many later.
func appendDelay(w *boxes, delay, media uint64) {
	const normalRate = 0x10000
	w.box("edts", func() {
		w.full("elst", 1, 0, func() {
			w.u32(2)
			w.u64(delay)
			w.u64(math.MaxUint64) // a media time of -1: nothing is shown
			w.u32(normalRate)
			w.u64(media)
			w.u64(0)
			w.u32(normalRate)
		})
	})
}

// appendMetadataEntry appends the content of stsd (ISO/IEC 14496-12): one mett entry.
func appendMetadataEntry(w *boxes) {
	w.u32s(0, 1) // version and flags, one entry
	w.box("mett", func() {
		w.u32(0)
		w.u32(1) // 6 bytes reserved, data reference 1
		w.u8(0)  // no content encoding
		w.b = append(w.b, metadataFormat+"\x00"...)
	})
}

// wholeMetadata says whether the bytes at offset are JSON as AddMetadata is given it.
func wholeMetadata(in *pageReader, offset int64, size int) (bool, error) {
	b, err := in.at(offset, size)
	return b != nil && b[0] == '[' && json.Valid(b), err
}
