package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"petcam/streamer/internal/config"
	"petcam/streamer/internal/page"
)

// checkConfigCommand validates the configuration, more strictly than the services at their start: what cannot work is
// refused. petcam/commands/check_config.py is the same in Python.
type checkConfigCommand struct {
	pages func() error // why this program has none; tests put another in its place
}

func newCheckConfigCommand() *command {
	c := &checkConfigCommand{func() error { _, err := page.Open(""); return err }}
	return &command{
		usage: "petcam-streamer check-config [--config FILE] [FILE]",
		flags: func(*flag.FlagSet) {},
		bare:  c.run,
	}
}

// badConfig is a line for each thing that the configuration must not have.
type badConfig []string

func (b badConfig) Error() string { return strings.Join(b, "\n") }

func (c *checkConfigCommand) run(on console, file string, words []string) error {
	if len(words) > 1 {
		return errUsage
	}
	file = cmp.Or(strings.Join(words, ""), file)
	path := cmp.Or(file, config.DefaultPath)
	settings, warnings, err := config.Read(path)
	if file == "" && errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintln(on.err, "INFO petcam.config:", config.Missing(path))
		return badConfig{path + ": does not exist; name another file"}
	}
	if err != nil {
		return badConfig{err.Error()}
	}
	var mistakes badConfig
	for _, warning := range warnings {
		if warning.Mistake {
			mistakes = append(mistakes, warning.Words)
		} else {
			remark(on, warning.Words)
		}
	}
	if mistakes == nil { // else what follows may be one of them
		mistakes = c.hopeless(path, settings)
	}
	if mistakes != nil {
		return mistakes
	}
	if source := settings.Camera.Source; strings.HasPrefix(source, "/") && !exists(source) {
		remark(on, fmt.Sprintf("%s: camera.source: %s is not there; petcam-feed waits for it", path, source))
	}
	fmt.Fprintln(on.out, path+": ok")
	return nil
}

func remark(on console, words string) { fmt.Fprintln(on.err, "WARNING petcam.config:", words) }

// hopeless is what would be said at the start, or for ever.
func (c *checkConfigCommand) hopeless(path string, settings config.Config) (mistakes badConfig) {
	if fault := sourceFault(settings.Camera.Source); fault != "" {
		mistakes = append(mistakes, "camera.source: "+fault)
	}
	mistakes = append(mistakes, outOfSight(settings)...)
	if settings.Web.Server == "go" {
		if err := c.pages(); err != nil {
			mistakes = append(mistakes, fmt.Sprintf("web.server: 'go' cannot work: %v", err))
		}
	}
	for i := range mistakes {
		mistakes[i] = path + ": " + mistakes[i]
	}
	return mistakes
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
