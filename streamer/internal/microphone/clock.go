package microphone

import (
	"math"

	"petcam/streamer/internal/sound"
)

const (
	nsPerSample = 1e9 / float64(sound.Rate)
	// smoothing is over how many packets the clock of the samples is compared with that of the capture times, which
	// tremble: some 0.6 s.
	smoothing = 32
)

// clock counts samples. Timestamps follow that count, as receivers want it, and where the sound card runs fast or slow it
// moves away from the capture clock; offset says how far, which the sender reports tell.
type clock struct {
	begun     bool
	end       uint64  // the count after the newest packet
	captureNS uint64  // when the newest packet's end was captured, as its first sample says
	firstNS   uint64  // when its first sample was
	offset    float64 // the count less the capture time in samples, smoothed
}

// place gives the count of a packet's first sample. It is later than that of all packets before, whatever the packet says;
// jumped says whether something is missing in between.
func (c *clock) place(p *sound.Packet) (first uint64, jumped bool) {
	first, jumped = c.next(p)
	length := uint64(float64(p.Samples) * nsPerSample)
	c.begun, c.end, c.firstNS, c.captureNS = true, first+uint64(p.Samples), p.CaptureNS, p.CaptureNS+length
	return first, jumped
}

func (c *clock) next(p *sound.Packet) (first uint64, jumped bool) {
	switch missing := int64(p.CaptureNS - c.captureNS); {
	case !c.begun:
		first, jumped = samplesOf(p.CaptureNS), true
		c.offset = offsetOf(first, p.CaptureNS)
		return first, jumped
	case p.CaptureNS <= c.firstNS: // another writer's times
		c.offset = offsetOf(c.end, p.CaptureNS)
		return c.end, true
	case missing > sound.PacketNS || p.Gap && missing > sound.PacketNS/2:
		first, jumped = c.end+samplesOf(uint64(missing)), true
	default:
		first, jumped = c.end, p.Gap
	}
	c.offset += (offsetOf(first, p.CaptureNS) - c.offset) / smoothing
	return first, jumped
}

// samplesOf is how many samples there are in a time.
func samplesOf(ns uint64) uint64 { return ns * (sound.Rate / 1000) / 1_000_000 }

func offsetOf(count, ns uint64) float64 { return float64(count) - float64(ns)/nsPerSample }

// TimestampAt is the RTP timestamp of a sample that is captured at that time, by the offset of a packet.
func TimestampAt(ns uint64, offset float64) uint32 {
	return uint32(int64(math.Round(float64(ns)/nsPerSample + offset)))
}
