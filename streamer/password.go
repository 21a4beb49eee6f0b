package main

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	who "petcam/streamer/internal/access" // the name access is taken here
	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/config"
	"petcam/streamer/internal/state"
)

const controlTimeout = 5 * time.Second

// passwordCommand sets or resets the owner's password, or the viewers'; every session of it ends. Who serves finds the new
// password at its next request; the streams are told to end here.
type passwordCommand struct {
	viewer, remove bool
}

func newPasswordCommand() *command {
	p := &passwordCommand{}
	return &command{
		usage: "petcam-streamer password [--config FILE] [--viewer] [--remove]",
		flags: func(flags *flag.FlagSet) {
			flags.BoolVar(&p.viewer, "viewer", false, "")
			flags.BoolVar(&p.remove, "remove", false, "")
		},
		run: p.run,
	}
}

func (p *passwordCommand) run(on console, settings config.Config, words []string) error {
	if len(words) > 0 {
		return errUsage
	}
	if p.remove && !p.viewer {
		return apierror.New(apierror.BadRequest, "%s", say("password.remove_what"))
	}
	directory := state.Directory()
	said, err := p.change(on, directory)
	if err != nil {
		return inWords(err, directory, say("password.not_permitted", "directory", directory))
	}
	fmt.Fprintln(on.out, said, endStreams(settings))
	return nil
}

func (p *passwordCommand) change(on console, directory string) (said string, err error) {
	place := who.PlaceOf(directory, quietly())
	if trouble := place.Trouble(); trouble != nil {
		return "", trouble
	}
	passwords := who.NewPasswords(directory, nil, place, quietly())
	if p.remove {
		return say("password.viewer_removed"), passwords.RemoveViewerPassword()
	}
	password, err := askForPassword(on)
	if err != nil {
		return "", err
	}
	if p.viewer {
		return say("password.viewer_set"), passwords.SetViewerPassword(password)
	}
	_, err = passwords.SetPassword(password)
	return say("password.set"), err
}

// askForPassword asks twice at a terminal; of anything else it takes one line.
func askForPassword(on console) (string, error) {
	if !isTerminal(on.in) {
		line, err := bufio.NewReader(io.LimitReader(on.in, 1<<20)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		return asPython(strings.TrimRight(line, "\r\n")), nil
	}
	password, err := askInSecret(on.in, say("password.new"))
	if err != nil {
		return "", err
	}
	again, err := askInSecret(on.in, say("password.again"))
	if err != nil {
		return "", err
	}
	if password != again {
		return "", apierror.New(apierror.BadRequest, "%s", say("password.differ"))
	}
	return asPython(password), nil
}

// asPython has bytes that are no UTF-8 as Python's surrogateescape does, which are then hashed as halves of pairs.
func asPython(text string) string {
	var to strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && size == 1 {
			half := 0xdc00 + rune(text[0])
			to.Write([]byte{0xed, 0x80 | byte(half>>6&0x3f), 0x80 | byte(half&0x3f)})
		} else {
			to.WriteString(text[:size])
		}
		text = text[size:]
	}
	return to.String()
}

// endStreams says what became of the streams that are open.
func endStreams(settings config.Config) string {
	client := http.Client{Timeout: controlTimeout}
	answer, err := client.Post(streamerURL(settings)+"/sessions/end", "application/json", strings.NewReader(`{"all":true}`))
	if err != nil {
		return say("password.no_streamer")
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return say("password.no_streamer")
	}
	return say("password.streams_ended")
}

// streamerURL is $GO_SERVER_URL, else the configured streamer as this machine reaches it.
func streamerURL(settings config.Config) string {
	if given := strings.TrimRight(os.Getenv("GO_SERVER_URL"), "/"); given != "" {
		return given
	}
	return "http://" + net.JoinHostPort(ownHost(settings.Streamer.Host), strconv.Itoa(settings.Streamer.Port))
}

// ownHost is by which this machine reaches its own service on a host.
func ownHost(host string) string {
	if host == "0.0.0.0" || host == "::" || host == "localhost" {
		return "127.0.0.1"
	}
	return host
}
