// Command petcam-streamer is the media service: the camera's video over WebRTC, and its recordings.
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
)

const (
	badConfig   = 78              // sysexits' EX_CONFIG: systemd does not start the service again
	stopTimeout = 5 * time.Second // after this a stop that hangs is cut short
	// memoryLimit makes the collector work harder before a small board runs short. The service is far below it.
	memoryLimit = 128 << 20
	// processors run Go code at a time. With one, nothing is woken up to look for work that is done in 50 µs, and the
	// wait for the next frame lets go of it at once: a third less CPU (docs/decisions.md, 10).
	processors = 1
)

// version is set by the linker.
var version = "dev"

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is the command; it returns the exit status.
func run(arguments []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("petcam-streamer", flag.ContinueOnError)
	flags.SetOutput(stderr)
	file := flags.String("config", "", "configuration `FILE` (default "+config.DefaultPath+")")
	showVersion := flags.Bool("version", false, "say the version and end")
	switch err := flags.Parse(arguments); {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil || flags.NArg() > 0:
		fmt.Fprintln(stderr, "usage: petcam-streamer [--config FILE] [--version]")
		return 2
	case *showVersion:
		fmt.Fprintln(stdout, "petcam-streamer", version)
		return 0
	}
	return serve(*file, stderr)
}

func serve(file string, stderr io.Writer) int {
	log := slog.New(slog.NewTextHandler(stderr, nil))
	settings, err := config.Load(file, log)
	if err != nil {
		fmt.Fprintln(stderr, "petcam-streamer:", err)
		return badConfig
	}
	access, err := openAccess(settings, log)
	if err != nil {
		fmt.Fprintln(stderr, "petcam-streamer:", err)
		return badConfig
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(processors)
	}
	service, err := Open(settings, access, log)
	if err != nil {
		fmt.Fprintln(stderr, "petcam-streamer:", err)
		return 1
	}
	ctx, forget := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer forget()
	err = service.Run(ctx)
	forget() // a second signal ends us at once
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
