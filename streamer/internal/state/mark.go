package state

import (
	"path/filepath"
	"strings"
)

const (
	markName     = ".petcam-place"
	maxMarkBytes = 64
)

// Mark is the half of docs/state.md's mark that is in a state directory. Errors are those of Read.
func Mark(directory string) (string, error) { return ReadMark(filepath.Join(directory, markName)) }

// ReadMark reads a half of the mark.
func ReadMark(path string) (string, error) {
	text, err := Read(path, maxMarkBytes)
	return strings.TrimSpace(string(text)), err
}
