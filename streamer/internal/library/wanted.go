package library

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"petcam/streamer/internal/recordname"
)

// Kinds are who wanted a recording: somebody, a visit, or nobody, as all is recorded.
func Kinds() []string { return []string{"hand", "visit", "always"} }

// Wanted says which recordings. Days are YYYY-MM-DD, both included; an empty one is no bound.
type Wanted struct {
	FirstDay, LastDay string
	Pinned            *bool  // nil: both
	Kind              string // one of Kinds; empty: all
}

func (w Wanted) areByDay() bool { return w.FirstDay != "" || w.LastDay != "" }

// filter says which are wanted of a listing.
func (w Wanted) filter(all *listing) func(*entry) bool {
	first, last := dayNumber(w.FirstDay, 0), dayNumber(w.LastDay, math.MaxInt32)
	return func(e *entry) bool {
		if w.Pinned != nil && all.isPinned(e.key.Name) != *w.Pinned {
			return false
		}
		if w.Kind != "" && kindOf(e.key.Name) != w.Kind {
			return false
		}
		return e.day >= first && e.day <= last
	}
}

func kindOf(name string) string {
	if kind := recordname.KindOf(name); kind != recordname.ByHand {
		return string(kind)
	}
	return "hand"
}

// dayNumber is YYYYMMDD of YYYY-MM-DD.
func dayNumber(day string, otherwise int32) int32 {
	number, err := strconv.ParseInt(strings.ReplaceAll(day, "-", ""), 10, 32)
	if err != nil {
		return otherwise
	}
	return int32(number)
}

func dayText(day int32) string {
	return fmt.Sprintf("%04d-%02d-%02d", day/10_000, day/100%100, day%100)
}
