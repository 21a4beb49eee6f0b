package state

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// Read reads a file of at most max bytes. It follows no link and waits for nobody: what is no regular file is an error.
// Its error names the file, and is fs.ErrNotExist where there is none.
func Read(path string, max int) ([]byte, error) { return readNamed(path, max, unix.O_NOFOLLOW) }

// readNamed is read with errors that name the file.
func readNamed(path string, max, flags int) ([]byte, error) {
	text, err := read(path, max, flags)
	var named *fs.PathError
	switch {
	case errors.Is(err, unix.ELOOP):
		return nil, fmt.Errorf("%s: is a link", path)
	case err != nil && !errors.As(err, &named):
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return text, err
}

func read(path string, max, flags int) ([]byte, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY|flags, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	if info, err := file.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, errors.New("is no regular file")
	}
	text, err := io.ReadAll(io.LimitReader(file, int64(max)+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > max:
		return nil, fmt.Errorf("is larger than %d bytes", max)
	}
	return text, nil
}

// File is a file that somebody else writes, and that is read again once it has changed. It is not safe for goroutines.
type File struct {
	Path     string
	MaxBytes int
	Links    bool // are followed: the owner keeps the file where he likes

	read  bool // it was; what follows is of then
	stamp Stamp
	text  []byte
	err   error
}

// Stamp tells one content from another without reading it.
type Stamp struct {
	device, inode uint64
	size          int64
	written, set  syscall.Timespec // the content, the owner or the mode
}

// Text gives the content, and whether it, or the error, is another than before. What could not be read is tried again
// each time. Errors are those of Read.
func (f *File) Text() (text []byte, changed bool, err error) {
	now, known := f.look()
	if f.read && known && f.err == nil && now == f.stamp {
		return f.text, false, nil
	}
	flags := unix.O_NOFOLLOW
	if f.Links {
		flags = 0
	}
	text, err = readNamed(f.Path, f.MaxBytes, flags)
	changed = !f.read || err == nil || f.err == nil || err.Error() != f.err.Error()
	f.read, f.stamp, f.text, f.err = true, now, text, err
	return text, changed, err
}

func (f *File) look() (s Stamp, known bool) {
	if f.Links {
		return stampBy(os.Stat, f.Path)
	}
	return StampOf(f.Path)
}

// StampOf is that of a file as it is now, or of a link; known is false where there is none, or it cannot be told.
func StampOf(path string) (s Stamp, known bool) { return stampBy(os.Lstat, path) }

func stampBy(look func(string) (os.FileInfo, error), path string) (s Stamp, known bool) {
	info, err := look(path)
	if err != nil {
		return s, false
	}
	found, known := info.Sys().(*syscall.Stat_t)
	if !known {
		return s, false
	}
	return Stamp{uint64(found.Dev), found.Ino, found.Size, found.Mtim, found.Ctim}, true
}
