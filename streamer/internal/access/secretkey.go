package access

import (
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/state"
)

const (
	// SessionKey signs cookies.
	SessionKey = "session.key"
	// TokenKey signs offer tokens.
	TokenKey = "token.key"

	minKeyBytes = 32
	maxKeyBytes = 4096
)

// keyKind is of SessionKey or TokenKey.
func keyKind(name string) state.Kind {
	kind := state.Kind{
		Name: name, MaxBytes: maxKeyBytes, Command: state.Doctor,
		Effect: "each restart ends all logins", Key: "trouble.session_key",
		Remedy: "sudo systemctl restart petcam.target makes it anew; without the package, remove it first",
	}
	if name == TokenKey {
		kind.Effect, kind.Key = "the streamer gives no live picture", "trouble.token_key"
	}
	return kind
}

// SecretKey signs cookies or offer tokens. Where its file is damaged or cannot be made, it is one that only this process
// knows: nothing that others have signed is good, and nothing that it signs is good elsewhere or later.
type SecretKey struct {
	secret  []byte
	trouble *apierror.Error
}

// NewSecretKey takes systemd's credential of this name where there is one, else the file in the directory, which is made
// when missing.
func NewSecretKey(name, directory string, log *slog.Logger) *SecretKey {
	secret, err := readKey(keyKind(name), directory, log)
	if err != nil {
		return &SecretKey{newKey(), state.AsError(err)}
	}
	return &SecretKey{secret: secret}
}

// Secret is the key.
func (k *SecretKey) Secret() []byte { return k.secret }

// Trouble is why others do not have the same.
func (k *SecretKey) Trouble() *apierror.Error { return k.trouble }

// KeyTroubles is what is wrong with the files that are there; it makes none.
func KeyTroubles(directory string, log *slog.Logger) []*apierror.Error {
	var found []*apierror.Error
	for _, name := range []string{SessionKey, TokenKey} {
		if trouble := state.Trouble(state.NewStateFile(directory, keyKind(name), log), longEnough); trouble != nil {
			found = append(found, trouble)
		}
	}
	return found
}

func readKey(kind state.Kind, directory string, log *slog.Logger) ([]byte, error) {
	if credentials := os.Getenv("CREDENTIALS_DIRECTORY"); credentials != "" {
		secret, found, err := state.Parsed(state.NewStateFile(credentials, kind, log), longEnough)
		if found || err != nil {
			return secret, err
		}
	}
	file := state.NewStateFile(directory, kind, log)
	secret, found, err := state.Parsed(file, longEnough)
	if found || err != nil {
		return secret, err
	}
	return makeKey(file)
}

// makeKey heeds that another service may make it at the same moment: the first one's counts.
func makeKey(file *state.StateFile) ([]byte, error) {
	made := newKey()
	err := file.WriteFirst(made)
	if !errors.Is(err, state.ErrExists) {
		return made, err
	}
	theirs, found, err := state.Parsed(file, longEnough)
	if err == nil && !found {
		return made, nil
	}
	return theirs, err
}

func newKey() []byte {
	key := make([]byte, minKeyBytes)
	_, _ = rand.Read(key) // ends the program rather than fail
	return key
}

func longEnough(text []byte) ([]byte, error) {
	if len(text) < minKeyBytes {
		return nil, fmt.Errorf("is shorter than %d bytes", minKeyBytes)
	}
	return text, nil
}
