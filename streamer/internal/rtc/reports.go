package rtc

import (
	"sync/atomic"
	"time"

	"github.com/pion/rtcp"
	"golang.org/x/sys/unix"
)

const reportInterval = time.Second

// moment is one moment by the clock of the sender reports and by that of the capture times.
type moment struct {
	ntp       uint64
	monotonic uint64
}

func thisMoment() moment { return moment{ntp: ntp(time.Now()), monotonic: monotonic()} }

// reports says when a viewer's sender reports are due. Those of video and sound are sent together, for the same moment, so
// that a browser can keep them in step. Both goroutines that send to a viewer ask it.
type reports struct {
	last atomic.Uint64 // CLOCK_MONOTONIC, ns
}

// due says once in an interval that they are, or whenever they must be now.
func (r *reports) due(now uint64, must bool) bool {
	last := r.last.Load()
	return (must || now-last >= uint64(reportInterval)) && r.last.CompareAndSwap(last, now)
}

// report sends the viewer the sender reports that are due.
func (v *viewer) report(must bool) {
	if !v.reports.due(monotonic(), must) {
		return
	}
	var all []rtcp.Packet
	at := thisMoment()
	if v.stream != nil && v.stream.packets.Load() > 0 {
		all = append(all, v.stream.report(at))
	}
	if v.listener.hears.Load() && v.listener.stream.packets.Load() > 0 {
		all = append(all, v.listener.stream.report(at))
	}
	if len(all) > 0 {
		_ = v.pc.WriteRTCP(all)
	}
}

// ntp is t in seconds since 1900, 32 bits after the point.
func ntp(t time.Time) uint64 {
	const from1900to1970 = 2208988800
	return uint64(t.Unix()+from1900to1970)<<32 | uint64(t.Nanosecond())<<32/1e9
}

// monotonic is the clock of the capture times.
func monotonic() uint64 {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now) // fails only for clocks that do not exist
	return uint64(now.Nano())
}
