package offertoken

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"petcam/streamer/internal/state"
)

const (
	keyFile     = "token.key"
	minKeyBytes = 32
	maxKeyBytes = 4 << 10
)

// Key is the secret that this machine's services share: the file token.key in $CREDENTIALS_DIRECTORY, else in the state
// directory. While there is none that is good, nobody is let in, and it is looked for again each time.
type Key struct {
	places []string
	log    *slog.Logger

	mu     sync.Mutex // guards what follows
	secret []byte     // stays as it is once it was read: petcam-web reads it once, too
	fault  string
}

// NewKey does not read the key yet.
func NewKey(directory string, log *slog.Logger) *Key {
	k := &Key{places: []string{filepath.Join(directory, keyFile)}, log: log}
	if credentials := os.Getenv("CREDENTIALS_DIRECTORY"); credentials != "" {
		k.places = append([]string{filepath.Join(credentials, keyFile)}, k.places...)
	}
	return k
}

// Secret is the key, or why there is none and what to do, in one line.
func (k *Key) Secret() ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.secret != nil {
		return k.secret, nil
	}
	secret, err := readKey(k.places)
	if err == nil {
		k.secret, k.fault = secret, ""
		return secret, nil
	}
	if k.fault != err.Error() {
		k.fault = err.Error()
		k.log.Error("nobody can be let in without the key", "error", err)
	}
	return nil, err
}

// Fault says why there is no key; empty: there is one.
func (k *Key) Fault() string {
	if _, err := k.Secret(); err != nil {
		return err.Error()
	}
	return ""
}

func readKey(places []string) ([]byte, error) {
	for _, place := range places {
		key, err := state.Read(place, maxKeyBytes)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, fmt.Errorf("the key that petcam-web signs with cannot be read: %w; %s", err, remedy(place))
		case len(key) < minKeyBytes:
			return nil, fmt.Errorf("%s: has %d bytes, needs %d; %s", place, len(key), minKeyBytes, remedy(place))
		}
		return key, nil
	}
	return nil, fmt.Errorf("%s: is not there; start petcam-web once, which makes it", strings.Join(places, " or "))
}

// remedy is how a key is made anew. systemd gives the package's keys to the services when they start.
func remedy(place string) string {
	if directory := os.Getenv("CREDENTIALS_DIRECTORY"); directory != "" && filepath.Dir(place) == filepath.Clean(directory) {
		return "sudo systemctl restart petcam.target"
	}
	return "remove it and restart petcam-web, which makes a new one"
}
