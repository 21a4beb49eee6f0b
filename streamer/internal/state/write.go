package state

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// Write writes a file whole or not at all, for its owner only. Where there is no error, it outlives a power cut; where
// the last step failed, the new file is there, but may be gone after one.
func Write(path string, text []byte) error {
	directory := filepath.Dir(path)
	file, err := os.CreateTemp(directory, "."+filepath.Base(path)+".*") // 0600; a purge knows this form
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
		return err
	}
	return syncDirectory(directory)
}

// syncDirectory makes a directory's entries durable, where its file system can do that.
func syncDirectory(path string) error {
	directory, err := os.Open(path)
	if err != nil {
		return err
	}
	err = directory.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		err = nil
	}
	return errors.Join(err, directory.Close())
}
