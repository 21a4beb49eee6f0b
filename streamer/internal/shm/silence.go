package shm

import "slices"

// The rule of docs/shm-layout.md, Silence. petcam/shm/silence.py is the same in Python; tests/silence-cases.yaml holds both
// together.
const (
	maxSilenceNS = 10_000_000_000 // however slow a stream is
	paceCount    = 6              // the pictures that it is told from
	minPaceCount = 4              // with fewer it is not known
)

// pace knows from when the newest pictures were published how long a stream may be without one.
type pace struct {
	published [paceCount]uint64 // ns
	count     int               // pictures since it began
}

// came notes a picture, unless it or a later one is known.
func (p *pace) came(publishNS uint64) {
	if p.count > 0 && publishNS <= p.published[(p.count-1)%paceCount] {
		return
	}
	p.published[p.count%paceCount] = publishNS
	p.count++
}

// silentAfterNS is after how long without a picture the stream is silent: 2.5 of its usual intervals, 1 s at least.
func (p *pace) silentAfterNS() uint64 {
	if p.count < minPaceCount {
		return StaleNS
	}
	var room [paceCount - 1]uint64
	intervals := room[:0]
	for i := max(1, p.count-len(room)); i < p.count; i++ {
		intervals = append(intervals, p.published[i%paceCount]-p.published[(i-1)%paceCount])
	}
	slices.Sort(intervals)
	usual := min(intervals[(len(intervals)-1)/2], maxSilenceNS)
	return min(max(StaleNS, usual*5/2), maxSilenceNS)
}
