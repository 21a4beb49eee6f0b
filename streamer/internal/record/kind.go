package record

import (
	"cmp"
	"strings"
	"time"

	"petcam/streamer/internal/recordname"
)

// kind is who wanted a recording. Its name says it (docs/recordings.md, "Names").
type kind = recordname.Kind

const (
	byHand = recordname.ByHand
	visit  = recordname.Visit
	always = recordname.Always
)

// worth is how late the recordings of a kind go: the higher, the later.
func worth(k kind) int {
	switch k {
	case always:
		return 0
	case visit:
		return 1
	}
	return 2
}

// goesBefore orders recordings as they go: by kind, and within one what ended first.
func (r recording) goesBefore(other recording) int {
	return cmp.Or(
		cmp.Compare(worth(r.kind), worth(other.kind)),
		r.ended.Compare(other.ended), // not by the local time in the name, which comes twice where summer time ends
		strings.Compare(r.name, other.name),
	)
}

// ages are after how long recordings are deleted, by kind; none, or 0: never.
type ages map[kind]time.Duration

// ageKeys are the keys of the configuration that say so.
var ageKeys = map[kind]string{
	byHand: "recording.max_age_days", visit: "recording.visit_days", always: "recording.always_days",
}

func (a ages) any() bool { return a[byHand] > 0 || a[visit] > 0 || a[always] > 0 }

// areOver says whether a recording ended longer before now than those of its kind are kept.
func (a ages) areOver(r recording, now time.Time) bool {
	most := a[r.kind]
	return most > 0 && now.Sub(r.ended) > most
}
