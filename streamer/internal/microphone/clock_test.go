package microphone

import (
	"math"
	"math/rand/v2"
	"testing"

	"petcam/streamer/internal/sound"
)

const packetNS = uint64(sound.PacketNS)

// placed is the counts of packets captured at these times, in ns after nowNS, and which begin after a gap.
func placed(c *clock, times ...int64) (counts []int64, jumps []bool) {
	for _, at := range times {
		count, jumped := c.place(&sound.Packet{CaptureNS: uint64(nowNS + at), Samples: 960})
		counts, jumps = append(counts, int64(count)-48e9), append(jumps, jumped)
	}
	return counts, jumps
}

func expectPlaced(t *testing.T, c *clock, times []int64, counts []int64, jumps []bool) {
	t.Helper()
	gotCounts, gotJumps := placed(c, times...)
	for i := range times {
		if gotCounts[i] != counts[i] || gotJumps[i] != jumps[i] {
			t.Fatalf("packets at %v get %v, %v", times, gotCounts, gotJumps)
		}
	}
}

func TestSamplesAreCountedAndGapsAreJumpedOver(t *testing.T) {
	const ms = 1_000_000
	for name, c := range map[string]struct {
		times, counts []int64
		jumps         []bool
	}{
		"in step":             {[]int64{0, 20 * ms, 40 * ms}, []int64{0, 960, 1920}, []bool{true, false, false}},
		"times that tremble":  {[]int64{0, 25 * ms, 38 * ms, 75 * ms}, []int64{0, 960, 1920, 2880}, []bool{true, false, false, false}},
		"a packet is missing": {[]int64{0, 41 * ms, 61 * ms}, []int64{0, 1968, 2928}, []bool{true, true, false}},
		"minutes of silence":  {[]int64{0, 300_000 * ms, 300_020 * ms}, []int64{0, 14_400_000, 14_400_960}, []bool{true, true, false}},
		"time goes back":      {[]int64{0, 20 * ms, -5000 * ms, -4980 * ms}, []int64{0, 960, 1920, 2880}, []bool{true, false, true, false}},
		"the same time again": {[]int64{0, 0, 20 * ms}, []int64{0, 960, 1920}, []bool{true, true, false}},
		"an hour ahead, back": {[]int64{0, 3600_000 * ms, 40 * ms}, []int64{0, 172_800_000, 172_800_960}, []bool{true, true, true}},
	} {
		t.Run(name, func(t *testing.T) { expectPlaced(t, &clock{}, c.times, c.counts, c.jumps) })
	}
}

func TestADiscontinuityIsJumpedOverByItsTime(t *testing.T) {
	var c clock
	placed(&c, 0)
	for _, step := range []struct {
		at     int64
		count  uint64
		jumped bool
	}{{35_000_000, 48e9 + 1680, true}, {60_000_000, 48e9 + 2640, true}} { // the second says a gap where none can be heard
		count, jumped := c.place(&sound.Packet{CaptureNS: uint64(nowNS + step.at), Samples: 960, Gap: true})
		if count != step.count || jumped != step.jumped {
			t.Errorf("at %d: %d, %v", step.at, count, jumped)
		}
	}
}

// TestTheReportsFollowASoundCardThatRunsFast has samples come 200 ppm faster than they should, with times that tremble by
// half a millisecond: after an hour the timestamps are 0.7 s ahead, and no sample was lost.
func TestTheReportsFollowASoundCardThatRunsFast(t *testing.T) {
	var c clock
	random := rand.New(rand.NewPCG(1, 1))
	at, worst := float64(nowNS), 0.0
	for n := range 50 * 3600 {
		count, jumped := c.place(&sound.Packet{CaptureNS: uint64(at + random.Float64()*1e6 - 5e5), Samples: 960})
		if jumped != (n == 0) {
			t.Fatalf("packet %d jumps", n)
		}
		said := TimestampAt(uint64(at), c.offset)
		if n > 500 { // the first times say little
			worst = max(worst, math.Abs(float64(int32(said-uint32(count))))/48)
		}
		at += float64(packetNS) / 1.0002
	}
	if worst > 0.4 {
		t.Errorf("a report is %v ms off", worst)
	}
	if ahead := TimestampAt(uint64(at), c.offset) - TimestampAt(uint64(at), 0); ahead < 34000 || ahead > 35200 {
		t.Errorf("after an hour the count is %d samples ahead", ahead)
	}
}
