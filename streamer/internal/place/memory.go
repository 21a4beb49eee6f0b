package place

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"petcam/streamer/internal/state"
)

// memoryFile is in the service's state directory, so that a missing disk does not take it along.
const memoryFile = "recordings.json"

const maxMemoryBytes = 64 << 10

// memory is what is remembered of each folder that recordings were in, by its path.
type memory map[string]remembered

type remembered struct {
	ID    string `json:"id"`    // of its mark
	Mount string `json:"mount"` // where its disk was mounted; empty: it was on the system's
}

type memoryDocument struct {
	Version int    `json:"version"`
	Folders memory `json:"folders"`
}

// readMemory returns what writeMemory kept in a directory; where there is nothing, or something else, an empty one.
func readMemory(directory string) (memory, error) {
	text, err := state.Read(filepath.Join(directory, memoryFile), maxMemoryBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return memory{}, nil
	}
	if err != nil {
		return memory{}, err
	}
	var kept memoryDocument
	if err := json.Unmarshal(text, &kept); err != nil || kept.Version != 1 || kept.Folders == nil {
		return memory{}, fmt.Errorf("%s is damaged, and made anew", filepath.Join(directory, memoryFile))
	}
	return kept.Folders, nil
}

func writeMemory(directory string, m memory) error {
	text, err := json.Marshal(memoryDocument{1, m})
	if err != nil {
		return err
	}
	return state.Write(filepath.Join(directory, memoryFile), append(text, '\n'))
}
