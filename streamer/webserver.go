package main

import (
	"errors"
	"io/fs"
	"os"

	"petcam/streamer/internal/config"
)

// servesPage says whether this program serves the page: where petcam.yaml says so, and where petcam-web is not installed, as
// nobody else would. Of the latter only the package's unit tells: elsewhere, who wants petcam-web starts it.
func servesPage(settings config.Config) bool {
	return settings.Web.Server == "go" || isWebMissing()
}

// isWebMissing looks anew each time: petcam-web may be installed or removed while this program runs.
func isWebMissing() bool {
	unit := os.Getenv("PETCAM_WEB_UNIT")
	if unit == "" {
		return false
	}
	_, err := os.Stat(unit)
	return errors.Is(err, fs.ErrNotExist)
}
