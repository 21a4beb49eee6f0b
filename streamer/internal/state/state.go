// Package state knows the directory of the files that outlive the service, and reads and writes such files. Whatever a
// file has become, reading it neither waits nor takes more memory than the file may have. It imports
// apierror.
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
