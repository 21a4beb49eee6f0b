package main

import (
	"flag"
	"fmt"
	"strconv"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/config"
	"petcam/streamer/internal/state"
)

// newBoardCommand makes what is for the package's own scripts, which read no YAML and follow no names in folders of other users. So it is
// not in the usage.
func newBoardCommand() *command {
	return &command{
		usage: "petcam-streamer board [--config FILE] serves | recordings | give DIRECTORY FROM TO",
		flags: func(*flag.FlagSet) {},
		run:   runBoard,
	}
}

func runBoard(on console, settings config.Config, words []string) error {
	switch {
	case len(words) == 1 && words[0] == "serves" && servesPage(settings):
		fmt.Fprintln(on.out, "petcam-streamer")
	case len(words) == 1 && words[0] == "serves":
		fmt.Fprintln(on.out, "petcam-web")
	case len(words) == 1 && words[0] == "recordings":
		fmt.Fprintln(on.out, settings.Recording.Directory)
	case len(words) == 4 && words[0] == "give":
		return give(words[1], words[2], words[3])
	default:
		return errUsage
	}
	return nil
}

func give(directory, from, to string) error {
	giver, err := strconv.ParseUint(from, 10, 31)
	if err != nil {
		return errUsage
	}
	taker, err := strconv.ParseUint(to, 10, 31)
	if err != nil {
		return errUsage
	}
	if err := state.Give(directory, uint32(giver), uint32(taker)); err != nil {
		return apierror.New(apierror.StateNotWritten, "%s could not be given to another user: %v", directory, err)
	}
	return nil
}
