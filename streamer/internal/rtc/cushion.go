package rtc

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
)

const (
	playoutUnit = 10 * time.Millisecond // of the playout-delay header extension
	playoutMost = 50                    // units: no wish for more is told
	cushionMost = 30                    // units
	cushionLost = 3                     // so many NACKs in a second are a bad network
	cushionKeep = 10 * time.Second      // after the last of them
)

// cushion is how long a viewer is to keep pictures before it shows them, so that what was lost is there again in time:
// nothing on a good network. The viewer's RTCP decides on it.
type cushion struct {
	wanted atomic.Int64 // units; of the goroutine that reads the RTCP

	// Only that goroutine uses these.
	looked time.Time     // when nacks began to be counted
	nacks  int           // since then
	bad    time.Time     // when the network was last bad
	trip   time.Duration // there and back, smoothed

	told atomic.Int64 // units; only step changes it
}

// nacked notes that the viewer misses packets.
func (c *cushion) nacked() { c.nacks++ }

// reported notes how the viewer finds the network.
func (c *cushion) reported(reports *rtcp.ReceiverReport, now time.Time) {
	for _, report := range reports.Reports { // of the one stream that there is
		c.look(report, now)
	}
}

func (c *cushion) look(report rtcp.ReceptionReport, now time.Time) {
	if trip, known := roundTrip(report, now); known && c.trip == 0 {
		c.trip = trip
	} else if known {
		c.trip += (trip - c.trip) / 8
	}
	if now.Sub(c.looked) < time.Second {
		return
	}
	bad := c.nacks >= cushionLost
	c.looked, c.nacks = now, 0
	if bad {
		c.bad = now
		c.wanted.Store(max(c.wanted.Load(), c.needed(report)))
	} else if now.Sub(c.bad) > cushionKeep {
		c.wanted.Store(0)
	}
}

// needed is the time in units from when a packet should have come until its repair has: the next frame may have to show
// that it is missing, and it may have to be asked for twice. The viewer's jitter is a mean; single packets are later.
func (c *cushion) needed(report rtcp.ReceptionReport) int64 {
	jitter := time.Duration(report.Jitter) * time.Second / clockRate
	need := 50*time.Millisecond + 2*c.trip + 6*jitter
	return min(int64(need/playoutUnit), cushionMost)
}

// roundTrip is the time that our report and the viewer's took (RFC 3550, 6.4.1), where the viewer had one of ours.
func roundTrip(report rtcp.ReceptionReport, now time.Time) (trip time.Duration, known bool) {
	passed := int32(uint32(ntp(now)>>16) - report.LastSenderReport - report.Delay)
	return time.Duration(max(0, passed)) * time.Second / 65536, report.LastSenderReport != 0
}

// step comes nearer to what is wanted, by one unit for each frame, which nobody sees; it tells whether it did.
func (c *cushion) step() bool {
	wanted, told := c.wanted.Load(), c.told.Load()
	switch {
	case told < wanted:
		c.told.Add(1)
	case told > wanted:
		c.told.Add(-1)
	}
	return told != wanted
}
