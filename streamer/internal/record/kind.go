package record

import (
	"cmp"
	"regexp"
	"strings"
	"time"
)

// kind is who wanted a recording. Its name says it (docs/recordings.md, "Names").
type kind string

const (
	byHand kind = ""       // somebody
	visit  kind = "visit"  // who asked for it again and again
	always kind = "always" // nobody: all there is, in a ring of days
)

// mark is what a name has behind its time; no label has its first character.
func (k kind) mark() string {
	if k == byHand {
		return ""
	}
	return kindMark + string(k)
}

const kindMark = "~"

// markedName is a name with the mark of a kind; no other has kindMark in it.
var markedName = regexp.MustCompile(`^([^~]*)~(visit|always)((?:-[0-9]{1,9})?\.mp4)$`)

// kindOf tells the kind of a recording by its name.
func kindOf(name string) kind {
	if !strings.Contains(name, kindMark) { // as most are not
		return byHand
	}
	if parts := markedName.FindStringSubmatch(name); parts != nil {
		return kind(parts[2])
	}
	return byHand
}

// namedAs is a recording's name with the mark of another kind; that of a recording by hand stays as it is.
func namedAs(name string, k kind) string {
	parts := markedName.FindStringSubmatch(name)
	if parts == nil {
		return name
	}
	return parts[1] + k.mark() + parts[3]
}

// twin is the name that a recording had before its kind changed, or would have afterwards; empty: it has none.
func twin(name string) string {
	switch kindOf(name) {
	case visit:
		return namedAs(name, always)
	case always:
		return namedAs(name, visit)
	}
	return ""
}

// worth is how late the recordings of a kind go: the higher, the later.
func (k kind) worth() int {
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
		cmp.Compare(r.kind.worth(), other.kind.worth()),
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
