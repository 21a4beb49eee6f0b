package record

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"petcam/streamer/internal/recordname"
)

const (
	partSuffix     = recordname.PartSuffix
	pinSuffix      = recordname.PinSuffix
	nameTimeLayout = "20060102-150405"
)

// validLabel says whether a caller's label may become part of a name; empty is none.
func validLabel(label string) bool {
	return label == "" || regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`).MatchString(label)
}

// fileName names a recording that began at the time, with a caller's label or the mark of a kind; try from 2 on tells it
// from others of that name.
func fileName(start time.Time, label string, try int) string {
	name := "petcam_" + start.Format(nameTimeLayout)
	if label != "" && !recordname.HasMark(label) {
		name += "_"
	}
	name += label + ".mp4"
	if try > 1 {
		name = numbered(name, try)
	}
	return name
}

// nameNumber is a name's number; behind a label it may be a part of that, and another one follows it.
var nameNumber = regexp.MustCompile(`^(petcam_[0-9]{8}-[0-9]{6}(?:~[a-z]+)?)-[0-9]{1,9}\.mp4$`)

// numbered is a name with this number, in the place of the one that it may have.
func numbered(name string, number int) string {
	if parts := nameNumber.FindStringSubmatch(name); parts != nil {
		name = parts[1] + ".mp4"
	}
	return fmt.Sprintf("%s-%d.mp4", strings.TrimSuffix(name, ".mp4"), number)
}

// isRecording says whether a name is that of a finished recording.
func isRecording(name string) bool {
	rest, begins := strings.CutPrefix(name, "petcam_")
	if !begins || !strings.HasSuffix(rest, ".mp4") || len(rest) < len(nameTimeLayout) {
		return false
	}
	if recordname.HasMark(rest) && recordname.KindOf(name) == byHand { // of a kind that is not known here
		return false
	}
	_, err := time.Parse(nameTimeLayout, rest[:len(nameTimeLayout)])
	return err == nil
}
