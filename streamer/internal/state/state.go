// Package state knows where the service keeps what outlives it.
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
