package library

import (
	"math"
	"time"

	"petcam/streamer/internal/recordname"
)

const (
	daySeconds = 24 * 3600
	// maxNameError is by how many seconds a name's time may differ from the file's: another time zone.
	maxNameError = 26 * 3600
)

// nanoseconds since 1970; what no 64 bits hold, as of the year 2300, is the nearest that they do.
func nanoseconds(seconds, rest int64) int64 {
	const most = math.MaxInt64 / 1_000_000_000
	switch {
	case seconds >= most:
		return math.MaxInt64
	case seconds <= -most:
		return math.MinInt64
	}
	return seconds*1_000_000_000 + rest
}

// startByName is the Unix time of YYYYMMDDHHMMSS in local time. The hour in which summer time ends is there twice: the
// later one that is before the end.
func startByName(start int64, end float64, zone *time.Location) float64 {
	earlier, later := bothTimes(start, zone)
	if float64(later) <= end {
		return float64(later)
	}
	return float64(earlier)
}

// bothTimes are the Unix times of a local time, as Python tells them apart by "fold": two where it is there twice, and
// two also where summer time leaves it out.
func bothTimes(start int64, zone *time.Location) (first, second int64) {
	date, clock := start/1_000_000, start%1_000_000
	said := time.Date(int(date/10_000), time.Month(date/100%100), int(date%100),
		int(clock/10_000), int(clock/100%100), int(clock%100), 0, time.UTC).Unix()
	return solve(said, -daySeconds, zone), solve(said, daySeconds, zone)
}

// solve finds a moment that is said so in local time: the one nearer to the side that is a day away.
func solve(said, away int64, zone *time.Location) int64 {
	offset := func(at int64) int64 {
		_, seconds := time.Unix(at, 0).In(zone).Zone()
		return int64(seconds)
	}
	a := offset(said)
	one := said - a
	b := offset(one)
	isOne := one+b == said
	if isOne {
		if b = offset(one + away); a == b {
			return one
		}
	}
	two := said - b
	switch {
	case two+offset(two) == said:
		return two
	case isOne:
		return one
	case away < 0: // it is left out: neither is right
		return max(one, two)
	default:
		return min(one, two)
	}
}

// startOf is the Unix time of a recording's beginning: by the file, which has it in UTC; by the name where the file does
// not say, or says what cannot be.
func startOf(t *table, key recordname.Key, end float64, zone *time.Location) float64 {
	byName := startByName(key.Start, end, zone)
	if t != nil && math.Abs(float64(t.created)-byName) < maxNameError {
		return float64(t.created)
	}
	return byName
}

// dayOf is the day of a moment in local time, as YYYYMMDD.
func dayOf(at float64, zone *time.Location) int32 {
	year, month, day := time.Unix(int64(math.Floor(at)), 0).In(zone).Date()
	return int32(year*10_000 + int(month)*100 + day)
}
