// Package state knows the directory of the files that outlive the service. It imports nothing of the streamer.
package state

import (
	"os"
	"strings"
)

// Directory is $STATE_DIRECTORY (systemd may list several; the first counts), or the default.
func Directory() string {
	first, _, _ := strings.Cut(os.Getenv("STATE_DIRECTORY"), ":")
	if first == "" {
		return "/var/lib/petcam"
	}
	return first
}
