package main

import "strings"

// say is what a command says, in English: the same as `commands.KEY` of words/en.json, which a test compares. values are
// names of places, each with its value.
func say(key string, values ...string) string {
	pairs := make([]string, len(values))
	for i := 0; i+1 < len(values); i += 2 {
		pairs[i], pairs[i+1] = "{"+values[i]+"}", values[i+1]
	}
	return strings.NewReplacer(pairs...).Replace(commandWords()[key])
}

func commandWords() map[string]string {
	return map[string]string{
		"password.new":            "New password: ",
		"password.again":          "Repeat password: ",
		"password.differ":         "the two passwords differ; nothing was changed",
		"password.set":            "The owner's password is set. Log in again in each browser.",
		"password.viewer_set":     "The viewing password is set.",
		"password.viewer_removed": "The viewing password was removed.",
		"password.remove_what":    "--remove goes with --viewer; the owner's password can only be replaced",
		"password.not_permitted":  "{directory} may not be written: run it with sudo",
		"password.length":         "the password must have {shortest} to {longest} characters",
		"password.viewers_own":    "viewers need another password than the owner's",
		"password.streams_ended":  "Streams that were open have ended.",
		"password.no_streamer":    "petcam-streamer does not answer; if it runs, restart it to end the streams that are open.",
		"state.not_written":       "{directory} cannot be written ({error}); nothing was changed",
		"state.not_synced":        "it is changed, but the disk of {directory} has a fault ({error}): a power cut may undo it",
		"token.once":              "The token is shown only this once. What it opens: petcam's interop.md",
		"token.not_asked_for":     "auth.mode is none: no token is asked for.",
		"token.revoked":           "{token} is revoked; its streams end within 10 seconds.",
		"token.not_permitted":     "{path} is not for everybody: run it with sudo",
		"token.label":             "a label has at most 64 printable characters, and is not like an ID",
		"token.label_taken":       "there is a token with the label {label} already: revoke it first",
		"token.most":              "there are {most} tokens already: revoke some",
		"token.unknown":           "there is no token with the ID or label {name}; to list them: sudo petcam token list",
		"token.damaged":           "{path} is damaged and lets nobody in; to start over: sudo rm {path}; sudo petcam token add",
		"token.none":              "There are no viewing tokens.",
	}
}
