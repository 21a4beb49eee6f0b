package week

import "time"

// maxShift bounds by how much a clock is put forward or back at once, in seconds: a day, as where the date line was moved.
const maxShift = 24 * 60 * 60

// turn is which of two moments is meant at which the clock shows the same.
type turn int

const (
	first turn = iota
	second
)

// shown is what the clock of a zone shows, as the Unix time at which a clock in UTC shows that.
func shown(moment int64, zone *time.Location) int64 {
	_, offset := time.Unix(moment, 0).In(zone).Zone()
	return moment + int64(offset)
}

// dayOf is the local day of a moment, at midnight in UTC.
func dayOf(moment int64, zone *time.Location) time.Time {
	year, month, day := time.Unix(shown(moment, zone), 0).UTC().Date()
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// instant is when the clock shows that minute of the day. A time that it leaves out is the moment at which it is put
// forward.
func instant(day time.Time, minute int, zone *time.Location, which turn) int64 {
	wanted := day.Unix() + 60*int64(minute)
	one, other := moment(wanted, zone, first), moment(wanted, zone, second)
	switch {
	case one > other: // as the clock never shows it: other is before that, one behind
		for shown(other, zone) < wanted {
			other += 60
		}
		return other
	case which == second:
		return other
	}
	return one
}

// moment is when the clock shows that; where it never does, what it would be by the clock of before (first) or of after
// that (second). It takes the steps of Python's datetime.timestamp, so that both agree in each zone.
func moment(wanted int64, zone *time.Location, which turn) int64 {
	offset := shown(wanted, zone) - wanted
	one := wanted - offset
	isOne := shown(one, zone) == wanted
	other := shown(one, zone) - one
	if isOne {
		near := one - maxShift
		if which == second {
			near = one + maxShift
		}
		if other = shown(near, zone) - near; other == offset {
			return one
		}
	}
	two := wanted - other
	switch {
	case shown(two, zone) == wanted:
		return two
	case isOne:
		return one
	case which == second:
		return min(one, two)
	}
	return max(one, two)
}
