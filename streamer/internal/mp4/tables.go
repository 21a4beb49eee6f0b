package mp4

import "math"

// tables are those of all tracks. Their pairs stand in the file one behind the other, in the order in which they came.
type tables struct {
	video    table
	metadata metadataTable
	sound    soundTable
	order    []byte // of which track each pair is: its ID
}

// bytes is how many all pairs take.
func (t *tables) bytes() int64 { return t.video.bytes + t.metadata.bytes + t.sound.bytes }

// nextSequence is the number of the next pair's moof.
func (t *tables) nextSequence() uint32 { return uint32(len(t.order) + 1) }

// mayAddMetadata says whether metadata of that size may come next: at or before the newest picture, and behind the metadata
// before it.
func (t *tables) mayAddMetadata(at uint64, size int) bool {
	return t.video.len() > 0 && at <= t.video.newest && size > 0 && size <= MaxMetadata && t.metadata.mayFollow(at)
}

// mayAddSound says whether a packet of that size may come next, behind so many that are held: its middle is before the end
// of the pictures.
func (t *tables) mayAddSound(size, held int) bool {
	until := soundTicks(t.sound.len() + held + 1)
	return t.video.len() > 0 && size > 0 && size <= MaxSound && until <= t.video.duration()+timescale/100
}

// maySoundFollow says whether that pair of sound may come next.
func (t *tables) maySoundFollow(f fragment) bool {
	return f.sync && f.at == uint64(t.sound.len())*soundSamples && t.mayAddSound(int(f.size), 0)
}

// duration is that of the longest track.
func (t *tables) duration() uint64 { return max(t.video.duration(), soundTicks(t.sound.len())) }

// add appends what a pair says.
func (t *tables) add(f fragment) {
	switch f.track {
	case videoID:
		t.video.add(f.size, f.at, f.sync)
	case metadataID:
		t.metadata.add(f.size, f.at)
	case soundID:
		t.sound.add(f.size)
	}
	t.order = append(t.order, byte(f.track))
}

// dropNewest takes the newest pair away again. One of the video must stay.
func (t *tables) dropNewest() {
	last := len(t.order) - 1
	switch t.order[last] {
	case videoID:
		t.video.dropNewest()
	case metadataID:
		t.metadata.dropNewest()
	case soundID:
		t.sound.dropNewest()
	}
	t.order = t.order[:last]
}

// appendOffsets appends stco or co64 of a track; the first pair lies at offset.
func (t *tables) appendOffsets(w *boxes, track uint32, offset int64) {
	kind, put := "stco", func(at int64) { w.u32(uint32(at)) }
	if offset+t.bytes() > math.MaxUint32 {
		kind, put = "co64", func(at int64) { w.u64(uint64(at)) }
	}
	w.full(kind, 0, 0, func() {
		at := len(w.b)
		w.u32(0)
		put32(w.b[at:], t.offsets(track, offset, put))
	})
}

// offsets puts where the samples of a track lie, in the order of the file, and returns how many they are.
func (t *tables) offsets(track uint32, offset int64, put func(at int64)) (count uint32) {
	var next [soundID + 1]int // sample of each track
	for _, of := range t.order {
		if uint32(of) == track {
			put(offset + fragmentHeader)
			count++
		}
		offset += fragmentHeader + t.size(of, next[of])
		next[of]++
	}
	return count
}

// size is that of a sample of a track.
func (t *tables) size(track byte, n int) int64 {
	switch track {
	case metadataID:
		return int64(t.metadata.samples[n].size)
	case soundID:
		return int64(t.sound.sizes[n])
	default:
		return int64(t.video.samples[n].size)
	}
}
