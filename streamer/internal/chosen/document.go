package chosen

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"

	"petcam/streamer/internal/state"
	"petcam/streamer/internal/week"
)

const (
	maxOffTimes = 21
	daysOfWeek  = 7
)

// modes are what recording_mode may be besides null.
var modes = []string{"manual", "visits", "always"}

var clockForm = regexp.MustCompile(`^([01][0-9]|2[0-3]):([0-5][0-9])$`)

// parse reads what is heeded out of a file that is whole; what else is in it others heed. Its errors are in the words of
// petcam/settings/document.py.
func parse(text []byte) (found values, err error) {
	document, err := state.Unsealed(text)
	if err != nil {
		return values{}, err
	}
	for _, key := range []string{"recording_mode", "schedule"} {
		if _, has := document[key]; !has {
			return values{}, fmt.Errorf("%q is missing", key)
		}
	}
	mode, isText := document["recording_mode"].(string)
	if document["recording_mode"] != nil && !(isText && slices.Contains(modes, mode)) {
		return values{}, errors.New(`"recording_mode" must be null or one of manual, visits, always`)
	}
	schedule, err := parseSchedule(document["schedule"])
	if err != nil {
		return values{}, err
	}
	return values{mode: mode, schedule: schedule, known: true}, nil
}

func parseSchedule(value any) (all []week.OffTime, err error) {
	rows, is := value.([]any)
	if !is || len(rows) > maxOffTimes {
		return nil, fmt.Errorf(`"schedule" must be a list of at most %d times`, maxOffTimes)
	}
	for at, each := range rows {
		off, err := parseOffTime(fmt.Sprintf("schedule[%d]", at), each)
		if err != nil {
			return nil, err
		}
		all = append(all, off)
	}
	return all, nil
}

func parseOffTime(name string, value any) (off week.OffTime, err error) {
	row, is := value.(map[string]any)
	if !is {
		return off, fmt.Errorf(`"%s" must be an object of days, from, to`, name)
	}
	keys := []string{"days", "from", "to"}
	for _, key := range slices.Sorted(maps.Keys(row)) {
		if !slices.Contains(keys, key) {
			shown, err := state.JSON(name + "." + key)
			return off, errors.Join(err, fmt.Errorf("%s is unknown; there are days, from, to", shown))
		}
	}
	for _, key := range keys {
		if _, has := row[key]; !has {
			return off, fmt.Errorf(`"%s.%s" is missing`, name, key)
		}
	}
	if off.Days, err = parseDays(name+".days", row["days"]); err == nil {
		off.Begin, err = parseClock(name+".from", row["from"])
	}
	if err == nil {
		off.End, err = parseClock(name+".to", row["to"])
	}
	return off, err
}

func parseDays(name string, value any) (days []int, err error) {
	list, is := value.([]any)
	is = is && 0 < len(list) && len(list) <= daysOfWeek
	for at := 0; is && at < len(list); at++ {
		number, _ := list[at].(json.Number)
		day, err := strconv.Atoi(number.String())
		is = err == nil && 0 <= day && day < daysOfWeek && !slices.Contains(days, day)
		days = append(days, day)
	}
	if !is {
		return nil, fmt.Errorf(`"%s" must be a list of different days from 0, Monday, to 6, Sunday`, name)
	}
	slices.Sort(days)
	return days, nil
}

// parseClock gives the minutes since midnight.
func parseClock(name string, value any) (int, error) {
	text, _ := value.(string)
	parts := clockForm.FindStringSubmatch(text)
	if parts == nil {
		return 0, fmt.Errorf(`"%s" must be a time of day such as "22:00"`, name)
	}
	hour, _ := strconv.Atoi(parts[1])
	minute, _ := strconv.Atoi(parts[2])
	return 60*hour + minute, nil
}
