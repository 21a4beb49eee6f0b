package state

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Give leaves a state directory and the files in it to another user, of what is from's. Whoever serves the page has both,
// and nobody else reads them: docs/state.md, "Whose they are". Folders in it stay whose they are.
//
// root calls it, in a folder of another user's. So it follows no link, and takes each file by its descriptor, once it is
// known to be a regular one of from's with no second name. The directory goes last: as long as it has not gone, something
// may be left.
func Give(directory string, from, to uint32) error {
	folder, err := os.OpenFile(directory, os.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer folder.Close()
	names, err := folder.Readdirnames(-1)
	for _, name := range names {
		err = errors.Join(err, giveFile(folder, name, from, to))
	}
	if err != nil {
		return err
	}
	info, err := statusOf(int(folder.Fd()))
	if err != nil || info.Uid != from {
		return err
	}
	return folder.Chown(int(to), -1)
}

func giveFile(folder *os.File, name string, from, to uint32) error {
	file, err := unix.Openat(int(folder.Fd()), name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) {
		return nil // it went meanwhile
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	defer unix.Close(file)
	info, err := statusOf(file)
	if err == nil && info.Mode&unix.S_IFMT == unix.S_IFREG && info.Uid == from && info.Nlink == 1 {
		err = unix.Fchownat(file, "", int(to), -1, unix.AT_EMPTY_PATH)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func statusOf(file int) (info unix.Stat_t, err error) {
	err = unix.Fstat(file, &info)
	return info, err
}
