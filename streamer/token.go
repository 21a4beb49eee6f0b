package main

import (
	"flag"
	"fmt"
	"strings"
	"time"

	who "petcam/streamer/internal/access" // the name access is taken here
	"petcam/streamer/internal/config"
	"petcam/streamer/internal/state"
	"petcam/streamer/internal/viewingtoken"
)

// tokenCommand is about tokens for programs that watch and cannot log in. The services find the change themselves.
type tokenCommand struct{ camera bool }

func newTokenCommand() *command {
	t := &tokenCommand{}
	return &command{
		usage: "petcam-streamer token [--config FILE] add [--camera] [LABEL] | list | revoke ID|LABEL",
		flags: func(flags *flag.FlagSet) { flags.BoolVar(&t.camera, "camera", false, "") },
		run:   t.run,
	}
}

func (t *tokenCommand) run(on console, settings config.Config, words []string) error {
	if !t.makesSense(words) {
		return errUsage
	}
	directory := state.Directory()
	tokens := who.NewViewingTokens(directory, quietly())
	err := t.do(on, settings, tokens, words)
	return inWords(err, directory, say("token.not_permitted", "path", tokens.Path()))
}

func (t *tokenCommand) makesSense(words []string) bool {
	if len(words) == 0 || t.camera && words[0] != "add" {
		return false
	}
	switch words[0] {
	case "add":
		return len(words) <= 2
	case "list":
		return len(words) == 1
	}
	return words[0] == "revoke" && len(words) == 2
}

func (t *tokenCommand) do(on console, settings config.Config, tokens *who.ViewingTokens, words []string) error {
	if trouble := who.PlaceOf(state.Directory(), quietly()).Trouble(); trouble != nil {
		return trouble
	}
	switch words[0] {
	case "add":
		return t.add(on, settings, tokens, append(words, "")[1])
	case "list":
		return list(on, tokens)
	}
	revoked, err := tokens.Revoke(words[1])
	if err == nil {
		fmt.Fprintln(on.out, say("token.revoked", "token", nameOf(revoked)))
	}
	return err
}

func (t *tokenCommand) add(on console, settings config.Config, tokens *who.ViewingTokens, label string) error {
	token, err := tokens.Add(label, t.camera)
	if err != nil {
		return err
	}
	fmt.Fprintln(on.out, token)
	fmt.Fprintln(on.err, say("token.once"))
	if settings.Auth.Mode == "none" {
		fmt.Fprintln(on.err, say("token.not_asked_for"))
	}
	return nil
}

func list(on console, tokens *who.ViewingTokens) error {
	all, err := tokens.All()
	if err != nil {
		return err
	}
	if len(all) == 0 {
		fmt.Fprintln(on.out, say("token.none"))
		return nil
	}
	fmt.Fprintln(on.out, "ID        MADE        LABEL")
	for _, each := range all {
		camera := ""
		if each.Camera {
			camera = " (turns the camera)"
		}
		made := time.Unix(each.Created, 0).Format("2006-01-02")
		fmt.Fprintln(on.out, strings.TrimRight(fmt.Sprintf("%s  %s  %s%s", each.ID, made, each.Label, camera), " "))
	}
	return nil
}

func nameOf(token viewingtoken.Token) string {
	if token.Label == "" {
		return token.ID
	}
	return fmt.Sprintf("%s (%s)", token.ID, token.Label)
}
