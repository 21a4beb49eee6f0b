package place

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"petcam/streamer/internal/state"
)

// markFile is the name of the mark in a folder of recordings; docs/recordings.md, "The disk".
const markFile = ".petcam-place"

const maxMarkBytes = 100

var markText = regexp.MustCompile(`^petcam-place 1 ([0-9a-f]{32})\n$`)

// mark is what the file says: an id, or nothing; an empty file is the owner's consent to any disk. What is neither is no
// mark.
type mark struct {
	id      string
	consent bool
}

// readMark reads a folder's. Its error is not fs.ErrNotExist: then there is none.
func readMark(folder string) (mark, error) {
	path := filepath.Join(folder, markFile)
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return mark{}, nil
	case err != nil:
		return mark{}, err
	case !info.Mode().IsRegular() || info.Size() > maxMarkBytes:
		return mark{}, nil
	case info.Size() == 0:
		return mark{consent: true}, nil
	}
	text, err := state.Read(path, maxMarkBytes)
	if err != nil {
		return mark{}, err
	}
	if found := markText.FindSubmatch(text); found != nil {
		return mark{id: string(found[1])}, nil
	}
	return mark{}, nil
}

// writeMark writes a folder's. Everybody may read it: on another board its owner is nobody's number.
func writeMark(folder, id string) error {
	path := filepath.Join(folder, markFile)
	if err := state.Write(path, []byte("petcam-place 1 "+id+"\n")); err != nil {
		return err
	}
	_ = os.Chmod(path, 0o644) // a wish: some file systems have no modes
	return nil
}

func newID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // it never fails
	return hex.EncodeToString(id[:])
}
