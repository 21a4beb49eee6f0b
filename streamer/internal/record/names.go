package record

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

const (
	partSuffix     = ".part"
	pinSuffix      = ".pin"
	nameTimeLayout = "20060102-150405"
)

// validLabel says whether a caller's label may become part of a name; empty is none.
func validLabel(label string) bool {
	return label == "" || regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`).MatchString(label)
}

// fileName names a recording that began at the time; try from 2 on tells it from others of that name.
func fileName(start time.Time, label string, try int) string {
	name := "petcam_" + start.Format(nameTimeLayout)
	if label != "" {
		name += "_" + label
	}
	if try > 1 {
		name += fmt.Sprintf("-%d", try)
	}
	return name + ".mp4"
}

// isRecording says whether a name is that of a finished recording.
func isRecording(name string) bool {
	rest, begins := strings.CutPrefix(name, "petcam_")
	if !begins || !strings.HasSuffix(rest, ".mp4") || len(rest) < len(nameTimeLayout) {
		return false
	}
	_, err := time.Parse(nameTimeLayout, rest[:len(nameTimeLayout)])
	return err == nil
}
