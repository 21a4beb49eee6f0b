package mp4

import "math"

// tables are those of both tracks. Their pairs stand in the file one behind the other, in the order in which they came.
type tables struct {
	video    table
	metadata metadataTable
}

// bytes is how many all pairs take.
func (t *tables) bytes() int64 { return t.video.bytes + t.metadata.bytes }

// nextSequence is the number of the next pair's moof.
func (t *tables) nextSequence() uint32 { return uint32(t.video.len() + t.metadata.len() + 1) }

// mayAddMetadata says whether metadata of that size may come next: at or before the newest picture, and behind the metadata
// before it.
func (t *tables) mayAddMetadata(at uint64, size int) bool {
	return t.video.len() > 0 && at <= t.video.newest && size > 0 && size <= MaxMetadata && t.metadata.mayFollow(at)
}

// add appends what a pair says.
func (t *tables) add(f fragment) {
	if f.track == metadataID {
		t.metadata.add(f.size, f.at, t.video.len())
		return
	}
	t.video.add(f.size, f.at, f.sync)
}

// dropNewest takes the newest pair away again. One of the video must stay.
func (t *tables) dropNewest() {
	if n := t.metadata.len(); n > 0 && int(t.metadata.behind[n-1]) == t.video.len() {
		t.metadata.dropNewest()
		return
	}
	t.video.dropNewest()
}

// appendOffsets appends stco or co64 of a track; the first pair lies at offset.
func (t *tables) appendOffsets(w *boxes, track uint32, offset int64) {
	samples := t.video.len()
	if track == metadataID {
		samples = t.metadata.len()
	}
	kind, put := "stco", func(at int64) { w.u32(uint32(at)) }
	if offset+t.bytes() > math.MaxUint32 {
		kind, put = "co64", func(at int64) { w.u64(uint64(at)) }
	}
	w.full(kind, 0, 0, func() {
		w.u32(uint32(samples))
		t.offsets(track, offset, put)
	})
}

// offsets puts where the samples of a track lie, in the order of the file.
func (t *tables) offsets(track uint32, offset int64, put func(at int64)) {
	pass := func(of uint32, s sample) {
		if of == track {
			put(offset + fragmentHeader)
		}
		offset += fragmentHeader + int64(s.size)
	}
	next := 0
	for i, s := range t.video.samples {
		pass(videoID, s)
		for ; next < t.metadata.len() && int(t.metadata.behind[next]) == i+1; next++ {
			pass(metadataID, t.metadata.samples[next])
		}
	}
}
