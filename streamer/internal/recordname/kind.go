package recordname

import "strings"

// Kind is who wanted a recording. Its name says it.
type Kind string

// The kinds.
const (
	ByHand Kind = ""       // somebody
	Visit  Kind = "visit"  // who asked for it again and again
	Always Kind = "always" // nobody: all there is, in a ring of days
)

const kindMark = "~"

// Mark is what a name has behind its time; no label has its first character.
func (k Kind) Mark() string {
	if k == ByHand {
		return ""
	}
	return kindMark + string(k)
}

// HasMark says whether there is a kind in a name, also one that is not known here.
func HasMark(name string) bool { return strings.Contains(name, kindMark) }

// KindOf tells the kind of a recording by its name; by hand is also what has no recording's name.
func KindOf(name string) Kind {
	_, kind, _ := cutKind(name)
	return kind
}

// cutKind cuts a name around the mark of its kind.
func cutKind(name string) (before string, kind Kind, after string) {
	before, marked, found := strings.Cut(name, kindMark)
	if !found { // as most have none
		return name, ByHand, ""
	}
	for _, kind := range []Kind{Visit, Always} {
		after, is := strings.CutPrefix(marked, string(kind))
		number, ends := strings.CutSuffix(after, ending)
		if _, ok := readNumber(number); is && ends && ok {
			return before, kind, after
		}
	}
	return name, ByHand, ""
}

// NamedAs is a recording's name with the mark of another kind; that of a recording by hand stays as it is.
func NamedAs(name string, kind Kind) string {
	before, is, after := cutKind(name)
	if is == ByHand {
		return name
	}
	return before + kind.Mark() + after
}

// Twin is the name that a recording had before its kind changed, or would have afterwards; empty: it has none.
func Twin(name string) string {
	switch KindOf(name) {
	case Visit:
		return NamedAs(name, Always)
	case Always:
		return NamedAs(name, Visit)
	}
	return ""
}
