package offertoken

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	keyFile     = "token.key"
	minKeyBytes = 32 // bytes
)

// Key reads the secret that this machine's services share: the file token.key in $CREDENTIALS_DIRECTORY, else in
// directory. Its error is one line with the remedy.
func Key(directory string) ([]byte, error) {
	places := []string{filepath.Join(directory, keyFile)}
	if credentials := os.Getenv("CREDENTIALS_DIRECTORY"); credentials != "" {
		places = append([]string{filepath.Join(credentials, keyFile)}, places...)
	}
	for _, place := range places {
		key, err := os.ReadFile(place)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue
		case err != nil:
			return nil, fmt.Errorf("%s: the key that petcam-web signs with cannot be read: %w", place, err)
		case len(key) < minKeyBytes:
			return nil, fmt.Errorf("%s: has %d bytes, needs %d; remove it and restart petcam-web, which makes a new one",
				place, len(key), minKeyBytes)
		}
		return key, nil
	}
	return nil, fmt.Errorf("%s: is not there; start petcam-web once, which makes it", strings.Join(places, " or "))
}
