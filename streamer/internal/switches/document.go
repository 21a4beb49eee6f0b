package switches

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"petcam/streamer/internal/state"
)

const version = "1"

var (
	timeForm = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$`)
	byForm   = regexp.MustCompile(`^[a-z]{1,16}$`)
)

// parseSound reads a file that is wholly as it should be.
func parseSound(text []byte) (turned, error) {
	fields, err := state.Object(text)
	if err != nil {
		return turned{}, err
	}
	found, err := common(fields)
	if err == nil && len(fields) != 4 {
		err = errors.New("has something else than version, on, since and by")
	}
	return found, err
}

// parseCamera does so, too; until is not for who reads it.
func parseCamera(text []byte) (turned, error) {
	fields, err := state.Object(text)
	if err != nil {
		return turned{}, err
	}
	found, err := common(fields)
	if err != nil {
		return turned{}, err
	}
	until, isUntil := fields["until"].(string)
	isUntil = isUntil && timeForm.MatchString(until) || fields["until"] == nil
	at, isNumber := fields["at_ns"].(json.Number)
	found.atNS, err = strconv.ParseUint(at.String(), 10, 63)
	if _, has := fields["until"]; !has || len(fields) != 6 || !isUntil || !isNumber || err != nil {
		return turned{}, errors.New("has something else than version, on, since, at_ns, by and until")
	}
	return found, nil
}

// common reads what both have.
func common(fields map[string]any) (turned, error) {
	if number, ok := fields["version"].(json.Number); !ok || number != version {
		return turned{}, fmt.Errorf("is not of version %s", version)
	}
	on, isBool := fields["on"].(bool)
	since, isSince := fields["since"].(string)
	by, isBy := fields["by"].(string)
	if !isBool || !isSince || !isBy || !timeForm.MatchString(since) || !byForm.MatchString(by) {
		return turned{}, errors.New("has a bad on, since or by")
	}
	return turned{on: on}, nil
}
