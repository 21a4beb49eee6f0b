package record

import "time"

// wallClock converts capture times to wall-clock time. Within one recording it never goes back, whatever the system's
// clock does. (Names, which are in local time, still do so once, where summer time ends.)
type wallClock struct {
	now func() (wall time.Time, monotonicNS uint64)

	wall      time.Time // of the capture before
	captureNS uint64
}

// at returns the wall clock at the capture, in the system clock's zone.
func (c *wallClock) at(captureNS uint64) time.Time {
	wall, now := c.now()
	at := wall.Round(0)
	if now > captureNS {
		at = at.Add(-time.Duration(now - captureNS))
	}
	if counted := c.wall.Add(time.Duration(captureNS - c.captureNS)); !c.wall.IsZero() && at.Before(counted) {
		at = counted
	}
	c.wall, c.captureNS = at, captureNS
	return at
}
