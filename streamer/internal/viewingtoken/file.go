// Package viewingtoken judges the viewing tokens that `petcam token` hands out. docs/http-api.md, section "Viewing
// tokens", is the specification; petcam/web/viewing_tokens.py writes the file, and tests/viewing-tokens.json holds both
// together.
package viewingtoken

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	name     = "viewing_tokens.json"
	lookNew  = 2 * time.Second // how often Follow looks for changes
	maxToken = 256             // bytes; ours have 50
)

// Path is where the file is: $PETCAM_VIEWING_TOKENS, else in directory.
func Path(directory string) string {
	if given := os.Getenv("PETCAM_VIEWING_TOKENS"); given != "" {
		return given
	}
	return filepath.Join(directory, name)
}

// File is the tokens that are good at the moment. It need not be there: then none is.
type File struct {
	path string
	log  *slog.Logger

	mu   sync.Mutex          // guards what follows
	seen fs.FileInfo         // of what was read; nil: there was none
	ids  map[string]string   // by the token's SHA-256 in hex
	used map[string]struct{} // ids that let somebody in
}

// New looks at no file yet.
func New(path string, log *slog.Logger) *File {
	return &File{path: path, log: log, used: map[string]struct{}{}}
}

// Accept gives the id of a token that is good now. Its error holds nothing of the token.
func (f *File) Accept(token string) (id string, err error) {
	if len(token) > maxToken {
		return "", errors.New("no viewing token is that long")
	}
	sum := sha256.Sum256([]byte(token)) // 256 random bits: how long the look-up takes tells nothing of use
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refresh()
	id, known := f.ids[hex.EncodeToString(sum[:])]
	if !known {
		return "", errors.New("the viewing token is not (or no longer) known")
	}
	f.used[id] = struct{}{}
	return id, nil
}

// Holds tells whether the token with this id is still good.
func (f *File) Holds(id string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refresh()
	return f.holds(id)
}

// Follow tells of each token that let somebody in and is revoked, until ctx ends.
func (f *File) Follow(ctx context.Context, revoked func(id string)) {
	ticker := time.NewTicker(lookNew)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for _, id := range f.gone() {
			revoked(id)
		}
	}
}

// gone are the ids that let somebody in and no longer do; each is told once.
func (f *File) gone() (gone []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refresh()
	for id := range f.used {
		if !f.holds(id) {
			gone = append(gone, id)
			delete(f.used, id)
		}
	}
	return gone
}

// holds is Holds of what was read. Called with mu held.
func (f *File) holds(id string) bool {
	for _, each := range f.ids {
		if each == id {
			return true
		}
	}
	return false
}

// refresh reads the file where it is another than before. Called with mu held.
func (f *File) refresh() {
	info, err := os.Stat(f.path)
	if err != nil {
		f.seen, f.ids = nil, nil
		return
	}
	if f.seen != nil && same(info, f.seen) {
		return
	}
	f.seen = info
	if f.ids, err = read(f.path); err != nil {
		f.log.Warn("no viewing token is good", "file", f.path, "error", err)
	}
}

// same tells whether a file is the one that was read. It is written whole, so that each time it is a new one.
func same(a, b fs.FileInfo) bool {
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size() && a.Mode() == b.Mode()
}
