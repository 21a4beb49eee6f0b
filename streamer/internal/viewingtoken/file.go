// Package viewingtoken verifies the viewing tokens that `petcam token` makes. It imports state.
//
// docs/http-api.md, section "Viewing tokens", is the specification; petcam/access/viewing_tokens.py writes the file,
// and tests/viewing-tokens.json holds both together.
package viewingtoken

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"petcam/streamer/internal/state"
)

const (
	// Name is the file's.
	Name = "viewing_tokens.json"

	pollInterval  = 2 * time.Second // how often Watch looks for changes
	maxTokenBytes = 256             // those of petcam token have 50
)

// Path is where the file is: $PETCAM_VIEWING_TOKENS, else in directory.
func Path(directory string) string {
	if given := os.Getenv("PETCAM_VIEWING_TOKENS"); given != "" {
		return given
	}
	return filepath.Join(directory, Name)
}

// File is the file with the tokens that are valid at the moment; where there is none, no token is.
type File struct {
	log *slog.Logger

	mu    sync.Mutex // guards what follows
	file  state.File
	ids   map[string]string   // by the token's SHA-256 in hex
	used  map[string]struct{} // ids of tokens that were accepted
	fault string
}

// New does not read the file yet.
func New(path string, log *slog.Logger) *File {
	return &File{file: state.File{Path: path, MaxBytes: MaxFileBytes}, log: log, used: map[string]struct{}{}}
}

// Fault says why the file lets nobody in, and what to do; empty: it is as it should be, or there is none.
func (f *File) Fault() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refresh()
	return f.fault
}

// Accept gives the id of a token that is valid now. Its error has nothing of the token in it.
func (f *File) Accept(token string) (id string, err error) {
	if len(token) > maxTokenBytes {
		return "", errors.New("no viewing token is that long")
	}
	sum := sha256.Sum256([]byte(token)) // 256 random bits: the time of the look-up tells nothing of use
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

// IsValid tells whether the token with this id is still valid.
func (f *File) IsValid(id string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refresh()
	return f.isValid(id)
}

// Watch calls revoked for each token that was accepted and is then revoked, until ctx ends.
func (f *File) Watch(ctx context.Context, revoked func(id string)) {
	ticker := time.NewTicker(pollInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for _, id := range f.revokedIDs() {
			revoked(id)
		}
	}
}

// revokedIDs are those of tokens that were accepted and are no longer valid; each is returned once.
func (f *File) revokedIDs() (gone []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refresh()
	for id := range f.used {
		if !f.isValid(id) {
			gone = append(gone, id)
			delete(f.used, id)
		}
	}
	return gone
}

// isValid is IsValid by what was read last. Called with mu held.
func (f *File) isValid(id string) bool {
	for _, each := range f.ids {
		if each == id {
			return true
		}
	}
	return false
}

// refresh reads the file where it has changed. Called with mu held.
func (f *File) refresh() {
	text, changed, err := f.file.Text()
	if !changed {
		return
	}
	f.ids, f.fault = nil, ""
	if err == nil {
		f.ids, err = idsOf(text)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.fault = fmt.Sprintf("%[1]s: no viewing token is good: %[2]v; to begin anew: sudo rm %[1]s; sudo petcam token add", f.file.Path, err)
		f.log.Warn(f.fault)
	}
}

// idsOf gives the ids by hash.
func idsOf(text []byte) (map[string]string, error) {
	tokens, err := Parse(text)
	if err != nil {
		return nil, err
	}
	ids := make(map[string]string, len(tokens))
	for _, each := range tokens {
		ids[each.SHA256] = each.ID
	}
	return ids, nil
}
