package rtc

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
)

const (
	playoutDelayUnit  = 10 * time.Millisecond // of the playout-delay header extension
	maxSignalledDelay = 50                    // units: the maximum in the extension, unless frames are shown at once
	maxMinimumDelay   = 30                    // units: the largest minimum in the extension
	badNetworkNACKs   = 3                     // NACKs in a second from which on the network counts as bad
	badNetworkHold    = 10 * time.Second      // how long after the last such second it counts as bad
)

// playoutDelay is how long a viewer is told to buffer frames before it shows them, so that retransmitted packets arrive
// in time: zero on a good network, unless it listens. The viewer's RTCP decides on it.
type playoutDelay struct {
	target atomic.Int64 // units; set by the goroutine that reads the RTCP
	least  atomic.Int64 // units; while the viewer listens, see listenersDelay

	// Only that goroutine uses these.
	windowStart time.Time     // of the second in which nacks are counted
	nacks       int           // since then
	lastBad     time.Time     // when the network was last bad
	rtt         time.Duration // smoothed round-trip time

	current atomic.Int64 // units, as signalled; only step changes it
}

// noteNACK counts a NACK: the viewer misses packets.
func (d *playoutDelay) noteNACK() { d.nacks++ }

// noteReport takes what the viewer's receiver report says of the network, by what it says of this stream.
func (d *playoutDelay) noteReport(reports *rtcp.ReceiverReport, ssrc uint32, now time.Time) {
	for _, report := range reports.Reports {
		if report.SSRC == ssrc {
			d.update(report, now)
		}
	}
}

func (d *playoutDelay) update(report rtcp.ReceptionReport, now time.Time) {
	if rtt, known := roundTripTime(report, now); known && d.rtt == 0 {
		d.rtt = rtt
	} else if known {
		d.rtt += (rtt - d.rtt) / 8
	}
	if now.Sub(d.windowStart) < time.Second {
		return
	}
	bad := d.nacks >= badNetworkNACKs
	d.windowStart, d.nacks = now, 0
	if bad {
		d.lastBad = now
		d.target.Store(max(d.target.Load(), d.needed(report)))
	} else if now.Sub(d.lastBad) > badNetworkHold {
		d.target.Store(0)
	}
}

// needed is the time in units from when a packet should have arrived until its retransmission has: its loss may show
// only by the next frame's packets, and it may take two NACKs. The reported jitter is a mean; single packets are later.
func (d *playoutDelay) needed(report rtcp.ReceptionReport) int64 {
	jitter := time.Duration(report.Jitter) * time.Second / clockRate
	need := 50*time.Millisecond + 2*d.rtt + 6*jitter
	return min(int64(need/playoutDelayUnit), maxMinimumDelay)
}

// roundTripTime is that of our sender report and the viewer's answer to it (RFC 3550, 6.4.1); known is false before the
// viewer has received one.
func roundTripTime(report rtcp.ReceptionReport, now time.Time) (rtt time.Duration, known bool) {
	passed := int32(uint32(ntp(now)>>16) - report.LastSenderReport - report.Delay)
	return time.Duration(max(0, passed)) * time.Second / 65536, report.LastSenderReport != 0
}

// step moves current one unit towards target, once for each frame: so small a change is not visible. It tells whether
// current has changed.
func (d *playoutDelay) step() bool {
	target, current := max(d.target.Load(), d.least.Load()), d.current.Load()
	switch {
	case current < target:
		d.current.Add(1)
	case current > target:
		d.current.Add(-1)
	}
	return current != target
}
