package record

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// directory is the recordings directory, opened: names in it cannot lead out of it.
type directory struct {
	root *os.Root
	file *os.File // the same, for fsync and rename
}

// openDirectory opens the directory and makes it where it is missing.
func openDirectory(path string) (*directory, error) {
	if err := os.MkdirAll(path, 0o750); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	file, err := root.Open(".")
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	return &directory{root, file}, nil
}

func (d *directory) close() {
	_ = d.file.Close() // both were only read from
	_ = d.root.Close()
}

// create makes NAME.part for the first name of the recording that is free, and returns that name. The file's directory
// entry is durable.
func (d *directory) create(start time.Time, label string) (name string, file *os.File, err error) {
	for try := 1; ; try++ {
		name = fileName(start, label, try)
		if d.exists(name) {
			continue
		}
		file, err = d.root.OpenFile(name+partSuffix, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o640)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", nil, err
		}
		// A umask may have taken bits that petcam-web needs.
		if err := errors.Join(file.Chmod(0o640), d.file.Sync()); err != nil {
			return "", nil, errors.Join(err, file.Close(), d.root.Remove(name+partSuffix))
		}
		return name, file, nil
	}
}

func (d *directory) exists(name string) bool {
	_, err := d.root.Lstat(name)
	return err == nil
}

// publish renames NAME.part to NAME, or to a free name like it, and returns that; it never replaces a file. The rename
// is durable.
func (d *directory) publish(name string) (string, error) {
	final := name
	for try := 2; ; try++ {
		err := d.rename(name+partSuffix, final)
		if err == nil {
			return final, d.file.Sync()
		}
		if !errors.Is(err, fs.ErrExist) {
			return name, err
		}
		final = fmt.Sprintf("%s-%d.mp4", name[:len(name)-len(".mp4")], try)
	}
}

// rename fails with fs.ErrExist where the new name is taken.
func (d *directory) rename(from, to string) error {
	fd := int(d.file.Fd())
	err := unix.Renameat2(fd, from, fd, to, unix.RENAME_NOREPLACE)
	if !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOSYS) {
		return err
	}
	if d.exists(to) { // a file system without that flag: nobody else makes such names
		return fs.ErrExist
	}
	return unix.Renameat(fd, from, fd, to)
}

// list returns the regular files of the directory.
func (d *directory) list() ([]fs.FileInfo, error) {
	entries, err := fs.ReadDir(d.root.FS(), ".")
	if err != nil {
		return nil, err
	}
	files := make([]fs.FileInfo, 0, len(entries))
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() { // err: gone meanwhile
			files = append(files, info)
		}
	}
	return files, nil
}

// setTime sets the time of modification.
func (d *directory) setTime(name string, at time.Time) error {
	times := []unix.Timespec{{Nsec: unix.UTIME_OMIT}, unix.NsecToTimespec(at.UnixNano())}
	return unix.UtimesNanoAt(int(d.file.Fd()), name, times, unix.AT_SYMLINK_NOFOLLOW)
}
