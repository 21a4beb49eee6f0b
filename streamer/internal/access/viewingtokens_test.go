package access

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/state"
	"petcam/streamer/internal/state/statetest"
	"petcam/streamer/internal/viewingtoken"
)

// examples are tests/viewing-tokens.json.
type examples struct {
	File    string
	Good    map[string]string
	Bad     []string
	Damaged []string
}

func readExamples(t *testing.T) (e examples) {
	t.Helper()
	do(t, json.Unmarshal([]byte(get(t, filepath.Join("..", "..", "..", "tests", "viewing-tokens.json"))), &e))
	return e
}

// replace writes the file whole, as petcam token does.
func replace(t *testing.T, tokens *ViewingTokens, text string) {
	t.Helper()
	put(t, tokens.Path()+".new", []byte(text))
	do(t, os.Rename(tokens.Path()+".new", tokens.Path()))
}

func expectAccepted(t *testing.T, tokens *ViewingTokens, token string, want bool) {
	t.Helper()
	if tokens.Accepts(token) != want {
		t.Errorf("%.60q is accepted: %v", token, !want)
	}
}

func add(t *testing.T, tokens *ViewingTokens, label string, camera bool) string {
	t.Helper()
	token, err := tokens.Add(label, camera)
	do(t, err)
	return token
}

func TestTheTokensInTheFileAreAccepted(t *testing.T) {
	e, tokens := readExamples(t), NewViewingTokens(t.TempDir(), quiet())
	expectAll := func(want bool) {
		t.Helper()
		for token := range e.Good {
			expectAccepted(t, tokens, token, want)
		}
	}
	expectAll(false)
	replace(t, tokens, e.File)
	expectAll(true)
	for _, token := range e.Bad {
		expectAccepted(t, tokens, token, false)
	}
	for _, text := range append(e.Damaged, e.File+strings.Repeat(" ", viewingtoken.MaxFileBytes)) {
		replace(t, tokens, text)
		expectAll(false)
		_, err1 := tokens.Add("", false)
		_, err2 := tokens.Revoke("mediamtx")
		_, err3 := tokens.All()
		for _, err := range []error{err1, err2, err3} {
			expectRefused(t, err, apierror.StateDamaged, tokens.Path()+" is damaged and lets nobody in; to begin anew: sudo rm "+tokens.Path()+"; sudo petcam token add")
			if found := state.AsError(err); found.Key != "commands.token.damaged" || found.Values["path"] != tokens.Path() {
				t.Errorf("%+v", found)
			}
		}
		if get(t, tokens.Path()) != text || tokens.Trouble() == nil {
			t.Errorf("%.40q was overwritten", text)
		}
		replace(t, tokens, e.File)
		expectAll(true)
	}
	do(t, os.Remove(tokens.Path()))
	expectAll(false)
}

func TestWhateverIsInThePlaceOfTheFileAcceptsNobody(t *testing.T) {
	for name, damage := range statetest.Damages() {
		t.Run(name, func(t *testing.T) {
			tokens := NewViewingTokens(t.TempDir(), quiet())
			token := add(t, tokens, "", true)
			do(t, os.Remove(tokens.Path()))
			damage(t, tokens.Path())
			expectAccepted(t, tokens, token, false)
			if trouble := tokens.Trouble(); trouble == nil || trouble.Key != "trouble.viewing_tokens" || tokens.MayTurnCamera(token) {
				t.Error(trouble)
			}
		})
	}
}

func TestHashesAreStoredAndNeverAToken(t *testing.T) {
	directory := t.TempDir()
	tokens := NewViewingTokens(directory, quiet())
	made := []string{add(t, tokens, "mediamtx", false), add(t, tokens, "", true), add(t, tokens, "居間のタブレット", false)}
	text := get(t, tokens.Path())
	for i, token := range made {
		if len(token) != 50 || !strings.HasPrefix(token, "petcam_") || strings.Contains(text, token[7:]) {
			t.Error(token)
		}
		expectAccepted(t, NewViewingTokens(directory, quiet()), token, true)
		if tokens.MayTurnCamera(token) != (i == 1) {
			t.Error(token)
		}
	}
	info, err := os.Stat(tokens.Path())
	if err != nil || info.Mode() != 0o640 || !strings.Contains(text, "居間のタブレット") {
		t.Error(info.Mode(), text)
	}
	reader := viewingtoken.New(tokens.Path(), quiet())
	if id, err := reader.Accept(made[0]); err != nil || !idForm.MatchString(id) {
		t.Error(id, err)
	}
	revoked, err := tokens.Revoke("mediamtx")
	if err != nil || revoked.Label != "mediamtx" {
		t.Error(revoked, err)
	}
	all, err := tokens.All()
	do(t, err)
	if revoked, err := tokens.Revoke(all[0].ID); err != nil || revoked.ID != all[0].ID {
		t.Error(revoked, err)
	}
	for i, token := range made {
		expectAccepted(t, tokens, token, i == 2)
	}
	for _, name := range []string{"mediamtx", ""} {
		_, err = tokens.Revoke(name)
		expectRefused(t, err, apierror.NotFound, "there is no token with the ID or label "+name+"; which there are says: sudo petcam token list")
	}
}

func TestAmbiguousLabelsAreRefused(t *testing.T) {
	tokens := NewViewingTokens(t.TempDir(), quiet())
	for _, label := range []string{" ", "a\nb", " a", "a ", strings.Repeat("a", 65), "0123abcd", "\x7f", "a\u202eb", "a\xff", "a\u3000b"} {
		_, err := tokens.Add(label, false)
		expectRefused(t, err, apierror.BadRequest, "a label has at most 64 printable characters, and is not like an ID")
	}
	if _, err := os.Stat(tokens.Path()); err == nil {
		t.Error("it was written")
	}
	for _, label := range []string{"a", "a b", strings.Repeat("居", 64), "0123abcde", "é"} {
		add(t, tokens, label, false)
	}
}

func TestLabelsAreUniqueAndTheNumberOfTokensIsLimited(t *testing.T) {
	tokens := NewViewingTokens(t.TempDir(), quiet())
	add(t, tokens, "a", false)
	_, err := tokens.Add("a", true)
	expectRefused(t, err, apierror.BadRequest, "there is a token with the label a already: revoke it first")
	tokens.max = 2
	add(t, tokens, "", false)
	_, err = tokens.Add("", false)
	expectRefused(t, err, apierror.BadRequest, "there are 2 tokens already: revoke some")
	if found := state.AsError(err); found.Key != "commands.token.most" || found.Values["most"] != "2" {
		t.Error(found)
	}
}

func TestWhatAnotherUserMayReadIsSaidAsThat(t *testing.T) {
	tokens := NewViewingTokens(t.TempDir(), quiet())
	tokens.file.Disk.Sync = func(*os.File) error { return unix.EACCES }
	_, err := tokens.Add("", false)
	if !state.IsForLackOfPermission(err) || state.AsError(err).Code != apierror.StateNotWritten {
		t.Error(err)
	}
}
