package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/config"
	"petcam/streamer/internal/state"
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

// holdState is for who serves the page: until release nobody else is given the state. Its error is that it is another's.
func holdState() (release func(), err error) {
	if errors.Is(unix.Access(webState(), unix.W_OK), unix.EACCES) {
		remedy := "sudo systemctl restart petcam-web"
		if isWebMissing() {
			remedy = "sudo systemctl restart petcam-streamer"
		}
		return nil, fmt.Errorf("%s belongs to who served the page before: %s", webState(), remedy)
	}
	if state.Directory() == webState() { // in a checkout, where nobody gives it to anybody
		return func() {}, nil
	}
	release, err = state.Hold(state.Directory())
	if err != nil { // there is no such folder: then nobody looks at it either
		return func() {}, nil
	}
	return release, nil
}
