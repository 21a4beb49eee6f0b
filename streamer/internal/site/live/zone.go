package live

import (
	"os"
	"strings"
)

const (
	localTime = "/etc/localtime"
	zones     = "zoneinfo/" // each zone is a file below it, wherever that is
)

// zoneName is that of this machine's time zone in IANA's list, such as Europe/Berlin; empty where that cannot be told. A TZ of
// rules (CET-1CEST) is returned as it is: who knows the list finds it not to be in it.
func zoneName(localTime string) string {
	if chosen, is := os.LookupEnv("TZ"); is {
		if name := behindZones(strings.TrimPrefix(chosen, ":")); name != "" {
			return name
		}
		return "UTC"
	}
	target, err := os.Readlink(localTime)
	if err == nil {
		return behindZones(target)
	}
	if _, err := os.Stat(localTime); err == nil {
		return ""
	}
	return "UTC" // as the C library takes it
}

func behindZones(path string) string {
	if at := strings.LastIndex(path, zones); at >= 0 {
		return path[at+len(zones):]
	}
	return path
}
