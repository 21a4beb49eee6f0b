package access

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"petcam/streamer/internal/state"
	"petcam/streamer/internal/state/statetest"
)

func TestAKeyIsMadeOnceWhereThereIsNone(t *testing.T) {
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	directory := filepath.Join(t.TempDir(), "state")
	first, again := NewSecretKey(SessionKey, directory, quiet()), NewSecretKey(SessionKey, directory, quiet())
	if first.Trouble() != nil || len(first.Secret()) != 32 || !bytes.Equal(first.Secret(), again.Secret()) {
		t.Error(first.Trouble(), again.Trouble())
	}
	if other := NewSecretKey(TokenKey, directory, quiet()); bytes.Equal(other.Secret(), first.Secret()) {
		t.Error("both are the same")
	}
	info, err := os.Stat(filepath.Join(directory, SessionKey))
	if err != nil || info.Mode() != 0o600 {
		t.Error(info.Mode(), err)
	}
}

func TestTheKeyThatAnotherServiceMakesMeanwhileCounts(t *testing.T) {
	directory := t.TempDir()
	theirs := bytes.Repeat([]byte("k"), 40)
	put(t, filepath.Join(directory, SessionKey), theirs)
	if found, err := makeKey(state.NewStateFile(directory, keyKind(SessionKey), quiet())); err != nil || !bytes.Equal(found, theirs) {
		t.Error(found, err)
	}
}

func TestADamagedKeyIsNotReplacedAndThisProcessHasOneOfItsOwn(t *testing.T) {
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	for name, damage := range statetest.Damages() {
		t.Run(name, func(t *testing.T) {
			directory := t.TempDir()
			path := filepath.Join(directory, SessionKey)
			damage(t, path)
			first, again := NewSecretKey(SessionKey, directory, quiet()), NewSecretKey(SessionKey, directory, quiet())
			if first.Trouble() == nil || first.Trouble().Key != "trouble.session_key" || len(first.Secret()) != 32 || bytes.Equal(first.Secret(), again.Secret()) {
				t.Error(first.Trouble())
			}
			if troubles := KeyTroubles(directory, quiet()); len(troubles) != 1 || NewCookie(first).Trouble() != first.Trouble() {
				t.Error(troubles)
			}
		})
	}
}

func TestACredentialGoesBeforeTheFileAndIsNotReplacedByIt(t *testing.T) {
	credentials, directory := t.TempDir(), filepath.Join(t.TempDir(), "state")
	t.Setenv("CREDENTIALS_DIRECTORY", credentials)
	path := filepath.Join(credentials, SessionKey)
	for _, short := range []string{"", strings.Repeat("k", 31)} {
		put(t, path, []byte(short))
		first, again := NewSecretKey(SessionKey, directory, quiet()), NewSecretKey(SessionKey, directory, quiet())
		if first.Trouble() == nil || !strings.Contains(first.Trouble().Message, "restart petcam.target") || bytes.Equal(first.Secret(), again.Secret()) {
			t.Error(first.Trouble())
		}
	}
	put(t, path, []byte(strings.Repeat("k", 32)))
	if found := NewSecretKey(SessionKey, directory, quiet()); found.Trouble() != nil || string(found.Secret()) != strings.Repeat("k", 32) {
		t.Error(found.Trouble())
	}
	if _, err := os.Stat(directory); err == nil {
		t.Error("a key was made")
	}
	do(t, os.Remove(path))
	if found := NewSecretKey(SessionKey, directory, quiet()); found.Trouble() != nil || len(found.Secret()) != 32 {
		t.Error(found.Trouble())
	}
}
