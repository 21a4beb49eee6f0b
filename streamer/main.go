// Command petcam-streamer is the media service: the camera's video over WebRTC, and its recordings. It wires the
// packages below internal/ and may import all of them.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"

	"petcam/streamer/internal/config"
	"petcam/streamer/internal/logs"
	"petcam/streamer/internal/remedy"
	"petcam/streamer/internal/watchdog"
)

const (
	exitBadConfig = 78              // sysexits' EX_CONFIG: systemd does not start the service again
	stopTimeout   = 5 * time.Second // after which a stop that hangs ends the process
	// memoryLimit is GOMEMLIMIT in bytes: the collector works harder before a small board runs short. The service needs
	// far less.
	memoryLimit   = 128 << 20
	retryInterval = 2 * time.Second // of a port that cannot be opened yet
	// maxProcessors is GOMAXPROCS. With one, no thread is woken to look for work that is done in 50 µs, and the
	// wait for the next frame releases the processor at once: a third less CPU (docs/decisions.md, 10).
	maxProcessors = 1
)

// version is set by the linker.
var version = "dev"

func main() { os.Exit(run(os.Args[1:], remedy.Writer(os.Stdout), remedy.Writer(os.Stderr))) }

// run is the command; it returns the exit status.
func run(arguments []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("petcam-streamer", flag.ContinueOnError)
	flags.SetOutput(stderr)
	file := flags.String("config", "", "configuration `FILE` (default "+config.DefaultPath+")")
	showVersion := flags.Bool("version", false, "say the version and end")
	switch err := flags.Parse(arguments); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return usage(stderr)
	case flags.NArg() > 0:
		command, is := commandOf(flags.Arg(0))
		if !is {
			return usage(stderr)
		}
		return command.call(console{os.Stdin, stdout, stderr}, *file, flags.Args()[1:])
	case *showVersion:
		fmt.Fprintln(stdout, "petcam-streamer", version)
		return 0
	}
	return serve(*file, stderr)
}

func usage(stderr io.Writer) int {
	fmt.Fprintln(stderr, "usage: petcam-streamer [--config FILE] [--version]")
	for _, name := range commandNames() {
		command, _ := commandOf(name)
		fmt.Fprintln(stderr, "      ", command.usage)
	}
	return 2
}

func serve(file string, stderr io.Writer) int {
	log := slog.New(logs.New(stderr))
	settings, err := config.Load(file, log)
	if err != nil {
		fmt.Fprintln(stderr, "petcam-streamer:", err)
		return exitBadConfig
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(maxProcessors)
	}
	reloads := newReloads(file, log)
	defer reloads.stop()
	ctx, forget := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer forget()
	service, err := openPatiently(ctx, settings, openAccess(settings, log), log)
	switch {
	case ctx.Err() != nil && err != nil:
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "petcam-streamer:", err)
		return 1
	}
	service.reloads = reloads
	err = service.Run(ctx)
	forget() // a second signal ends the process at once
	hung := time.AfterFunc(stopTimeout, func() {
		log.Error("stopping takes too long; what is being recorded is finished at the next start")
		os.Exit(1)
	})
	defer hung.Stop()
	service.Close()
	if err != nil {
		log.Error("the service has failed", "error", err)
		return 1
	}
	return 0
}

// openPatiently is Open, again and again while a port is unavailable, until ctx ends: systemd would start the service
// anew each second. Outside systemd such an error ends it at once.
func openPatiently(ctx context.Context, settings config.Config, access access, log *slog.Logger) (*Service, error) {
	said := ""
	for {
		service, err := Open(settings, access, log)
		if !errors.As(err, &unavailable{}) || !watchdog.IsWatched() {
			return service, err
		}
		if words := err.Error(); words != said {
			log.Warn("waiting", "for", words, "tried_again_each", retryInterval)
			said = words
		}
		watchdog.Waiting(said)
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(retryInterval):
		}
	}
}
