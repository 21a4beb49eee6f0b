// Package week is the camera's week: in which of its off-times a moment is, by the local time that the schedule is written
// in. It imports nothing of the streamer.
//
// docs/state.md, section "The camera's week", is the specification; petcam/web/camera/week.py does the same, and
// tests/week-cases.json holds both together.
package week

import (
	"slices"
	"time"
)

// OffTime is when the camera is off on Days (0 is Monday), in minutes of the local day; where End is not later than Begin
// it is of the day after.
type OffTime struct {
	Days       []int
	Begin, End int
}

// OffSince is when the off-time began in which now is, the latest of several; in is false outside of all. Both are Unix
// time.
func OffSince(schedule []OffTime, now int64, zone *time.Location) (since int64, in bool) {
	today := dayOf(now, zone)
	for _, off := range schedule {
		for _, day := range []time.Time{today.AddDate(0, 0, -1), today} {
			if !slices.Contains(off.Days, weekday(day)) {
				continue
			}
			begin, end := off.span(day, zone)
			if begin <= now && now < end && (!in || begin > since) {
				since, in = begin, true
			}
		}
	}
	return since, in
}

// weekday counts from Monday.
func weekday(day time.Time) int { return (int(day.Weekday()) + 6) % 7 }

func (o OffTime) span(day time.Time, zone *time.Location) (begin, end int64) {
	last := day
	if o.End <= o.Begin {
		last = day.AddDate(0, 0, 1)
	}
	return instant(day, o.Begin, zone, first), instant(last, o.End, zone, second)
}
