package recordings

import (
	"math"
	"regexp"
	"slices"
	"strings"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/library"
)

const (
	// DefaultLimit is how many recordings an answer has, MaxLimit how many it may have.
	DefaultLimit = 100
	MaxLimit     = 1000
	// MaxNames are in one request; MaxNamesBytes of a body: a browser that leaves the page sends no more than this.
	MaxNames      = 500
	MaxNamesBytes = 64 << 10
	// MaxSeconds of a recording may be asked for.
	MaxSeconds = 1_000_000
)

// Query is the first value of a name in a request's query; false: it has none.
type Query func(name string) (value string, given bool)

var dayForm = regexp.MustCompile(`\A[12][0-9]{3}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])\z`)

// Wanted says which recordings are asked for: by "day", or "from" and "to", and "kept", and "kind".
func Wanted(query Query) (wanted library.Wanted, err error) {
	day, err := dayIn(query, "day")
	if err != nil {
		return library.Wanted{}, err
	}
	kept, isKept := query("kept")
	if isKept && kept != "yes" && kept != "no" {
		return library.Wanted{}, apierror.New(apierror.BadRequest, "kept must be yes or no")
	}
	kind, isKind := query("kind")
	if isKind && !slices.Contains(library.Kinds(), kind) {
		return library.Wanted{}, apierror.New(apierror.BadRequest, "kind must be one of %s", strings.Join(library.Kinds(), ", "))
	}
	wanted = library.Wanted{FirstDay: day, LastDay: day, Kind: kind}
	if isKept {
		pinned := kept == "yes"
		wanted.Pinned = &pinned
	}
	if day != "" { // then the others are not looked at
		return wanted, nil
	}
	if wanted.FirstDay, err = dayIn(query, "from"); err != nil {
		return library.Wanted{}, err
	}
	wanted.LastDay, err = dayIn(query, "to")
	return wanted, err
}

// dayIn is empty where it is not asked for.
func dayIn(query Query, name string) (string, error) {
	text, given := query(name)
	if given && !dayForm.MatchString(text) {
		return "", apierror.New(apierror.BadRequest, "%s must be a day as 2026-11-23", name)
	}
	return text, nil
}

// Ticks are the nearest to a time in seconds: a tick's own time, with five decimals or more, is that tick.
func Ticks(seconds float64) int64 { return int64(math.RoundToEven(seconds * ticks)) }

// Names are those of a body's "names", each once. The body's object is as encoding/json has it.
func Names(body map[string]any) ([]string, error) {
	list, is := body["names"].([]any)
	names := make([]string, 0, min(len(list), MaxNames))
	for _, each := range list {
		name, isText := each.(string)
		if is = is && isText; !is {
			break
		}
		names = append(names, name)
	}
	if !is {
		return nil, apierror.New(apierror.BadRequest, "names must be a list of names of recordings")
	}
	if len(names) == 0 || len(names) > MaxNames {
		return nil, apierror.New(apierror.BadRequest, "names must have 1 to %d names", MaxNames)
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(names, func(name string) bool {
		known := seen[name]
		seen[name] = true
		return known
	}), nil
}
