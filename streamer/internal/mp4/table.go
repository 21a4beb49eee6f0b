package mp4

import "math"

// table remembers what a finished file must say of each sample of a track: 8 bytes of memory for one.
type table struct {
	samples []sample
	sync    []uint32 // numbers of the keyframes, from 1; none of a track that has nothing else
	newest  uint64   // time of the newest sample, ticks
	bytes   int64    // of all samples with their moof and mdat headers
}

type sample struct {
	size     uint32 // bytes
	duration uint32 // ticks; of the newest sample a guess
}

func (t *table) len() int { return len(t.samples) }

// add appends a sample at the time; at must be above that of the sample before, by less than 2³².
func (t *table) add(size uint32, at uint64, sync bool) {
	duration := t.guess(at)
	if n := len(t.samples); n > 0 {
		t.samples[n-1].duration = duration
	}
	t.samples = append(t.samples, sample{size, duration})
	if sync {
		t.sync = append(t.sync, uint32(len(t.samples)))
	}
	t.newest = at
	t.bytes += fragmentHeader + int64(size)
}

// mayFollow says whether a sample at the time may be added: the first is at 0, and time rises.
func (t *table) mayFollow(at uint64) bool {
	if len(t.samples) == 0 {
		return at == 0
	}
	return at > t.newest && at-t.newest <= math.MaxUint32
}

// guess returns the duration of a sample at the time: that of the sample before, or a thirtieth of a second.
func (t *table) guess(at uint64) uint32 {
	if len(t.samples) == 0 {
		return timescale / 30
	}
	return uint32(at - t.newest)
}

// dropNewest takes the newest sample away again. There must be two.
func (t *table) dropNewest() {
	n := len(t.samples)
	t.bytes -= fragmentHeader + int64(t.samples[n-1].size)
	t.samples = t.samples[:n-1]
	t.newest -= uint64(t.samples[n-2].duration)
	if last := len(t.sync) - 1; last >= 0 && t.sync[last] == uint32(n) {
		t.sync = t.sync[:last]
	}
}

// duration returns the ticks from the first sample's beginning to the last one's end.
func (t *table) duration() uint64 {
	if len(t.samples) == 0 {
		return 0
	}
	return t.newest + uint64(t.samples[len(t.samples)-1].duration)
}

// append appends the boxes stts, stss where it is to have one, stsc and stsz.
func (t *table) append(w *boxes, hasSync bool) {
	w.full("stts", 0, 0, func() { t.appendDurations(w) })
	if hasSync && len(t.samples) > 0 {
		w.full("stss", 0, 0, func() {
			w.u32(uint32(len(t.sync)))
			w.u32s(t.sync...)
		})
	}
	w.full("stsc", 0, 0, func() {
		if len(t.samples) == 0 {
			w.u32(0)
			return
		}
		w.u32s(1, 1, 1, 1) // from chunk 1 on: one sample in each
	})
	w.full("stsz", 0, 0, func() {
		w.u32s(0, uint32(len(t.samples)))
		for _, s := range t.samples {
			w.u32(s.size)
		}
	})
}

// appendDurations appends the runs of equal durations.
func (t *table) appendDurations(w *boxes) {
	at := len(w.b)
	w.u32(0)
	runs := uint32(0)
	for i := 0; i < len(t.samples); {
		run := i
		for i < len(t.samples) && t.samples[i].duration == t.samples[run].duration {
			i++
		}
		w.u32s(uint32(i-run), t.samples[run].duration)
		runs++
	}
	put32(w.b[at:], runs)
}
