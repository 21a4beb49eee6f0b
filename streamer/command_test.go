package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	who "petcam/streamer/internal/access"
	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/state"
)

// aBoard has a state directory, a configuration and a streamer that answers, or does not.
type aBoard struct {
	t                 *testing.T
	directory, config string
}

func newBoard(t *testing.T) aBoard {
	t.Helper()
	b := aBoard{t, filepath.Join(t.TempDir(), "state"), filepath.Join(t.TempDir(), "petcam.yaml")}
	t.Setenv("STATE_DIRECTORY", b.directory)
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	t.Setenv("GO_SERVER_URL", "http://127.0.0.1:1")
	b.configure("{}")
	return b
}

func (b aBoard) configure(text string) {
	b.t.Helper()
	if err := os.WriteFile(b.config, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// expect runs a command with a line for its input.
func (b aBoard) expect(line string, words []string, status int, stdout, stderr string) (said string) {
	b.t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		b.t.Fatal(err)
	}
	_, _ = writer.WriteString(line)
	_ = writer.Close()
	defer reader.Close()
	return b.expectAt(reader, words, status, stdout, stderr)
}

func (b aBoard) expectAt(in *os.File, words []string, status int, stdout, stderr string) (said string) {
	b.t.Helper()
	command, is := commandOf(words[0])
	if !is {
		b.t.Fatal(words)
	}
	return b.expectCall(command, in, words[1:], status, stdout, stderr)
}

// expectOf is for one that is not in the list, or not as it is there.
func (b aBoard) expectOf(command *command, words []string, status int, stdout, stderr string) {
	b.t.Helper()
	b.expectCall(command, nil, words, status, stdout, stderr)
}

func (b aBoard) expectCall(command *command, in *os.File, words []string, status int, stdout, stderr string) (said string) {
	b.t.Helper()
	var out, err strings.Builder
	got := command.call(console{in, &out, &err}, b.config, words)
	if got != status || !matches(stdout, out.String()) || !matches(stderr, err.String()) {
		b.t.Errorf("%q: %d, %q, %q instead of %d, %q, %q", words, got, out.String(), err.String(), status, stdout, stderr)
	}
	return out.String()
}

// matches compares with a text in which * is anything.
func matches(want, got string) bool {
	pattern := strings.ReplaceAll(regexp.QuoteMeta(want), `\*`, "(?s:.*)")
	return regexp.MustCompile("^" + pattern + "$").MatchString(got)
}

func (b aBoard) expectVerified(password string, want who.Role) {
	b.t.Helper()
	passwords := who.NewPasswords(b.directory, nil, who.NewPlace(b.directory, ""), quietly())
	if role, _ := passwords.Verify(password); role != want {
		b.t.Errorf("%q lets in as %q", password, role)
	}
}

const silent = "petcam-streamer does not answer; if it runs, restart it to end the streams that are open.\n"

func TestWordsOfCommandsAreThoseOfTheCatalogue(t *testing.T) {
	var catalogue struct{ Commands map[string]string }
	text, err := os.ReadFile(filepath.Join("..", "words", "en.json"))
	if err == nil {
		err = json.Unmarshal(text, &catalogue)
	}
	if err != nil {
		t.Fatal(err)
	}
	for key, words := range commandWords() {
		if catalogue.Commands[key] != words {
			t.Errorf("%s: %q instead of %q", key, words, catalogue.Commands[key])
		}
	}
}

func TestPasswordReadsOneLineFromAPipe(t *testing.T) {
	b := newBoard(t)
	b.expect("correct horse\nnot this\n", []string{"password"}, 0, "The owner's password is set. Log in again in each browser. "+silent, "")
	b.expectVerified("correct horse", who.Owner)
	b.expect("watching horse\r\n", []string{"password", "--viewer"}, 0, "The viewing password is set. "+silent, "")
	b.expectVerified("watching horse", who.Viewer)
	b.expect("", []string{"password", "--viewer", "--remove"}, 0, "The viewing password was removed. "+silent, "")
	b.expectVerified("watching horse", "")
	b.expect("caf\xe9 horse\n", []string{"password"}, 0, "*", "")
	b.expectVerified("caf\xed\xb3\xa9 horse", who.Owner)
}

func TestPasswordRefusesWhatIsNone(t *testing.T) {
	b := newBoard(t)
	for _, line := range []string{"", "\n", "short\n"} {
		b.expect(line, []string{"password"}, 1, "", "petcam-streamer: the password must have 8 to 1024 characters\n")
	}
	b.expect("", []string{"password", "--remove"}, 1, "", "petcam-streamer: --remove goes with --viewer; the owner's password can only be replaced\n")
	b.expect("", []string{"password", "correct horse"}, 2, "", "usage: petcam-streamer password *")
	b.expect("", []string{"password", "--such"}, 2, "", "*usage: petcam-streamer password *")
	b.expect("", []string{"password", "--help"}, 0, "usage: petcam-streamer password *", "")
	if _, err := os.Stat(b.directory); err == nil {
		t.Error("something was written")
	}
	b.expect("correct horse\n", []string{"password"}, 0, "*", "")
	b.expect("correct horse\n", []string{"password", "--viewer"}, 1, "", "petcam-streamer: viewers need another password than the owner's\n")
}

func TestPasswordEndsTheStreamsThatAreOpen(t *testing.T) {
	b := newBoard(t)
	asked := ""
	streamer := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked += fmt.Sprint(r.Method, r.URL, r.Header.Get("Content-Type"), string(body))
	}))
	defer streamer.Close()
	t.Setenv("GO_SERVER_URL", streamer.URL+"/")
	b.expect("correct horse\n", []string{"password"}, 0, "*. Streams that were open have ended.\n", "")
	if asked != `POST/sessions/endapplication/json{"all":true}` {
		t.Error(asked)
	}
}

func TestCommandsChangeNothingWhereTheStateIsNotWhereTheBoardWasSetUp(t *testing.T) {
	b := newBoard(t)
	credentials := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", credentials)
	if err := os.WriteFile(filepath.Join(credentials, "place"), []byte("0123456789abcdef0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, words := range [][]string{{"password"}, {"password", "--viewer"}, {"token", "add", "player"}, {"token", "list"}} {
		b.expect("correct horse\n", words, 1, "", "petcam-streamer: "+b.directory+" is not where petcam was set up: it has no mark .petcam-place, so *\n")
	}
	if _, err := os.Stat(b.directory); err == nil {
		t.Error("something was written")
	}
}

func TestCommandsSayWhatTheDiskDoesNotTake(t *testing.T) {
	b := newBoard(t)
	if err := os.WriteFile(b.directory, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	b.expect("correct horse\n", []string{"password"}, 1, "", "petcam-streamer: "+b.directory+" cannot be written (Not a directory); nothing was changed\n")
	b.expect("", []string{"token", "add"}, 1, "", "petcam-streamer: "+b.directory+"/viewing_tokens.json is damaged and lets nobody in; to start over: sudo rm *\n")
}

func TestCommandsSayThatTheyNeedSudo(t *testing.T) {
	for key, want := range map[string]string{
		"password.not_permitted": "/d may not be written: run it with sudo", "token.not_permitted": "/d is not for everybody: run it with sudo",
	} {
		denied := apierror.New(apierror.StateNotWritten, "it cannot be written").WithCause(unix.EACCES)
		found := state.AsError(inWords(denied, "/d", say(key, "directory", "/d", "path", "/d")))
		if found == nil || explained(found) != want {
			t.Error(found)
		}
	}
}

func TestTokensAreAddedListedAndRevoked(t *testing.T) {
	b := newBoard(t)
	b.expect("", []string{"token", "list"}, 0, "There are no viewing tokens.\n", "")
	token := strings.TrimSpace(b.expect("", []string{"token", "add", "kitchen tablet"}, 0, "petcam_*\n", "The token is shown only this once. What it opens: petcam's interop.md\n"))
	b.expect("", []string{"token", "add", "居間", "--camera"}, 0, "petcam_*\n", "*\n")
	tokens := who.NewViewingTokens(b.directory, quietly())
	if len(token) != 50 || !tokens.Accepts(token) || tokens.MayTurnCamera(token) {
		t.Error(token)
	}
	listed := b.expect("", []string{"token", "list"}, 0, "ID        MADE        LABEL\n*  20*  kitchen tablet\n*  20*  居間 (turns the camera)\n", "")
	id := strings.Fields(strings.Split(listed, "\n")[1])[0]
	b.expect("", []string{"token", "add", "kitchen tablet"}, 1, "", "petcam-streamer: there is a token with the label kitchen tablet already: revoke it first\n")
	b.expect("", []string{"token", "add", id}, 1, "", "petcam-streamer: a label has at most 64 printable characters, and is not like an ID\n")
	b.expect("", []string{"token", "revoke", "kitchen tablet"}, 0, id+" (kitchen tablet) is revoked; its streams end within 10 seconds.\n", "")
	b.expect("", []string{"token", "revoke", id}, 1, "", "petcam-streamer: there is no token with the ID or label "+id+"; to list them: sudo petcam token list\n")
	for _, words := range [][]string{{}, {"list", "x"}, {"add", "a", "b"}, {"revoke"}, {"revoke", "a", "b"}, {"list", "--camera"}, {"turn"}} {
		b.expect("", append([]string{"token"}, words...), 2, "", "usage: petcam-streamer token *")
	}
}

func TestATokenIsNotAskedForWithoutLogin(t *testing.T) {
	b := newBoard(t)
	b.configure("auth: {mode: none}\n")
	b.expect("", []string{"token", "add"}, 0, "petcam_*\n", "*\nauth.mode is none: no token is asked for.\n")
	b.configure("auth: {mode: 5}\n")
	b.expect("", []string{"token", "list"}, exitBadConfig, "", "petcam-streamer: *")
}

// openTerminal is both ends of a terminal: what a person types at, and what a command has.
func openTerminal(t *testing.T) (person, command *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("there are no terminals here: ", err)
	}
	t.Cleanup(func() { _ = person.Close() })
	number, err := unix.IoctlGetUint32(int(person.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		command, err = os.OpenFile(fmt.Sprint("/dev/pts/", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err != nil {
		t.Skip("there are no terminals here: ", err)
	}
	t.Cleanup(func() { _ = command.Close() })
	return person, command
}

func TestPasswordAsksTwiceAtATerminal(t *testing.T) {
	b := newBoard(t)
	person, terminal := openTerminal(t)
	before, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	answer := func(lines ...string) {
		go func() {
			asked := bufio.NewReader(person)
			for _, line := range lines {
				if _, err := asked.ReadString(':'); err != nil {
					return
				}
				_, _ = person.WriteString(line)
			}
		}()
	}
	answer("correct horse\n", "correct house\n")
	b.expectAt(terminal, []string{"password"}, 1, "", "petcam-streamer: the two passwords differ; nothing was changed\n")
	answer("correct horse\n", "correct horse\n")
	b.expectAt(terminal, []string{"password"}, 0, "The owner's password is set.*\n", "")
	b.expectVerified("correct horse", who.Owner)
	if after, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS); err != nil || *after != *before {
		t.Error("the terminal is left as it was not", err)
	}
}
