package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/config"
	"petcam/streamer/internal/logs"
	"petcam/streamer/internal/state"
)

// console is where a command reads and writes.
type console struct {
	in       *os.File
	out, err io.Writer
}

// command is one that people call on the board, as those of `petcam` of the same name. Its usage is in a line.
type command struct {
	usage string
	flags func(*flag.FlagSet)
	run   func(console, config.Config, []string) error
	bare  func(on console, file string, words []string) error // instead, of one that reads the configuration itself
}

// commandNames are in the order of the usage.
func commandNames() []string { return []string{"password", "token", "check-config", "doctor"} }

// commandOf is the command of a name, with --config as it stood before the name.
func commandOf(name string) (made *command, is bool) {
	switch name {
	case "password":
		return newPasswordCommand(), true
	case "token":
		return newTokenCommand(), true
	case "check-config":
		return newCheckConfigCommand(), true
	case "doctor":
		return newDoctorCommand(), true
	case "board":
		return newBoardCommand(), true
	}
	return nil, false
}

// errUsage is for what a command cannot make sense of.
var errUsage = errors.New("usage")

// call runs a command with what stands behind its name; it returns the exit status.
func (c *command) call(on console, file string, arguments []string) int {
	flags := flag.NewFlagSet("", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&file, "config", file, "")
	c.flags(flags)
	words, err := interspersed(flags, arguments)
	if errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(on.out, "usage:", c.usage)
		return 0
	}
	if err == nil {
		err = c.do(on, file, words)
	}
	return c.statusOf(err, on)
}

func (c *command) do(on console, file string, words []string) error {
	if c.bare != nil {
		return c.bare(on, file, words)
	}
	settings, err := config.Load(file, slog.New(logs.New(on.err)))
	if err != nil {
		return badConfig{err.Error()}
	}
	return c.run(on, settings, words)
}

// statusOf says what went wrong, and gives the exit status.
func (c *command) statusOf(err error, on console) int {
	var known *apierror.Error
	var bad badConfig
	switch {
	case err == nil:
		return 0
	case errors.As(err, &bad):
		for _, line := range bad {
			fmt.Fprintln(on.err, "petcam-streamer:", line)
		}
		return exitBadConfig
	case errors.Is(err, errBroken):
		return 1
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	case errors.As(err, &known):
		fmt.Fprintln(on.err, "petcam-streamer:", explained(known))
		return 1
	case !errors.Is(err, errUsage):
		fmt.Fprintln(on.err, "petcam-streamer:", err)
	}
	fmt.Fprintln(on.err, "usage:", c.usage)
	return 2
}

// interspersed parses flags wherever they stand, and gives the other words.
func interspersed(flags *flag.FlagSet, arguments []string) (words []string, err error) {
	for {
		if err := flags.Parse(arguments); err != nil {
			return nil, err
		}
		if flags.NArg() == 0 {
			return words, nil
		}
		words, arguments = append(words, flags.Arg(0)), flags.Args()[1:]
	}
}

// quietly is the log of what a command asks: its error says all.
func quietly() *slog.Logger { return slog.New(slog.DiscardHandler) }

// inWords is an error of the state in words for people; notPermitted are those for who lacks sudo.
func inWords(err error, directory, notPermitted string) error {
	found := state.AsError(err)
	if found == nil {
		return err
	}
	why := state.Strerror(found.Cause)
	if why == "" {
		why = found.Message
	}
	switch {
	case state.IsForLackOfPermission(found):
		return apierror.New(apierror.Forbidden, "%s", notPermitted)
	case found.Code == apierror.StateNotWritten:
		return apierror.New(found.Code, "%s", say("state.not_written", "directory", directory, "error", why))
	case found.Code == apierror.StateNotSynced:
		return apierror.New(found.Code, "%s", say("state.not_synced", "directory", directory, "error", why))
	}
	return found
}

// explained is an error in the words for people where there are some, else its message.
func explained(err *apierror.Error) string {
	key, is := strings.CutPrefix(err.Key, "commands.")
	if !is {
		return err.Message
	}
	var values []string
	for name, value := range err.Values {
		values = append(values, name, value)
	}
	return say(key, values...)
}
