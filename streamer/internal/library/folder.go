package library

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/recordname"
)

// folder is the directory of the recordings, opened: all names are looked up by its descriptor, and no link is followed.
// Tests put others in its place that fail or count.
type folder interface {
	Identity() (identity, error)
	// Names calls each for all that are in it, in pieces.
	Names(each func(names []string)) error
	Stat(name string) (stamp, error)
	// OpenRegular fails with unix.ENOENT where it is there and no regular file.
	OpenRegular(name string) (*os.File, error)
	// MakePin fails with unix.EEXIST where it is there.
	MakePin(name string) error
	Unlink(name string) error
	Free() (int64, error)
	Sync() error
	Close() error
}

// identity tells a folder from another one, and from what was in it before.
type identity struct {
	device, inode uint64
	changed       int64 // ns since 1970
}

// stamp is what a folder knows of a file.
type stamp struct {
	regular     bool
	end         int64 // time of modification, ns since 1970
	size        int64 // bytes
	seconds     int64 // the same time in two parts
	nanoseconds int64
}

// unix is the time of modification as Python has it.
func (s stamp) unix() float64 { return float64(s.seconds) + float64(1e-9*float64(s.nanoseconds)) }

const (
	namesAtOnce = 1024
	pinMode     = 0o640
)

// diskFolder is a real one.
type diskFolder struct{ *os.File }

func openFolder(path string) (folder, error) {
	opened, err := os.OpenFile(path, os.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, err // opened would be no nil interface
	}
	return diskFolder{opened}, nil
}

func (d diskFolder) fd() int { return int(d.Fd()) }

func (d diskFolder) Identity() (identity, error) {
	var s unix.Stat_t
	if err := again(func() error { return unix.Fstat(d.fd(), &s) }); err != nil {
		return identity{}, err
	}
	return identity{uint64(s.Dev), uint64(s.Ino), nanoseconds(int64(s.Mtim.Sec), int64(s.Mtim.Nsec))}, nil
}

func (d diskFolder) Names(each func(names []string)) error {
	if _, err := d.Seek(0, io.SeekStart); err != nil {
		return err
	}
	for {
		names, err := d.Readdirnames(namesAtOnce)
		each(names)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (d diskFolder) Stat(name string) (stamp, error) {
	var s unix.Stat_t
	err := again(func() error { return unix.Fstatat(d.fd(), name, &s, unix.AT_SYMLINK_NOFOLLOW) })
	return stampOf(&s), err
}

func (d diskFolder) OpenRegular(name string) (*os.File, error) {
	// Without blocking, so that a FIFO does not keep the goroutine.
	const flags = unix.O_RDONLY | unix.O_NOFOLLOW | unix.O_CLOEXEC | unix.O_NONBLOCK
	fd, err := d.openAt(name, flags, 0)
	if err != nil {
		return nil, err
	}
	var s unix.Stat_t
	err = again(func() error { return unix.Fstat(fd, &s) })
	if err == nil && s.Mode&unix.S_IFMT != unix.S_IFREG {
		err = unix.ENOENT
	}
	if err == nil {
		err = unix.SetNonblock(fd, false)
	}
	if err != nil {
		_ = unix.Close(fd) // it was only looked at
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}

func (d diskFolder) MakePin(name string) error {
	const flags = unix.O_WRONLY | unix.O_CREAT | unix.O_EXCL | unix.O_NOFOLLOW | unix.O_CLOEXEC
	fd, err := d.openAt(name, flags, pinMode)
	if err != nil {
		return err
	}
	err = again(func() error { return unix.Fchmod(fd, pinMode) }) // whatever the umask
	return errors.Join(wished(err), unix.Close(fd))
}

func (d diskFolder) openAt(name string, flags int, mode uint32) (fd int, err error) {
	err = again(func() (err error) {
		fd, err = unix.Openat(d.fd(), name, flags, mode)
		return err
	})
	return fd, err
}

func (d diskFolder) Unlink(name string) error {
	return again(func() error { return unix.Unlinkat(d.fd(), name, 0) })
}

func (d diskFolder) Free() (int64, error) {
	var s unix.Statfs_t
	if err := again(func() error { return unix.Fstatfs(d.fd(), &s) }); err != nil {
		return 0, err
	}
	unit := int64(s.Frsize)
	if unit == 0 {
		unit = int64(s.Bsize)
	}
	return int64(s.Bavail) * unit, nil
}

// Sync makes what was done outlive a power cut, as far as the file system can do that for a directory.
func (d diskFolder) Sync() error { return wished(d.File.Sync()) }

// again calls what a signal may interrupt until none does.
func again(call func() error) error {
	for {
		if err := call(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// wished is the error of what is only a wish: nil where the file system lacks it altogether, as exFAT, NTFS and FAT lack
// modes.
func wished(err error) error {
	for _, lacking := range []error{unix.EPERM, unix.EINVAL, unix.ENOTSUP, unix.ENOSYS} {
		if errors.Is(err, lacking) {
			return nil
		}
	}
	return err
}

func stampOf(s *unix.Stat_t) stamp {
	seconds, rest := int64(s.Mtim.Sec), int64(s.Mtim.Nsec)
	return stamp{s.Mode&unix.S_IFMT == unix.S_IFREG, nanoseconds(seconds, rest), s.Size, seconds, rest}
}

// isMissing says that there is nothing of that name.
func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }

func exists(in folder, name string) (bool, error) {
	_, err := in.Stat(name)
	if isMissing(err) {
		return false, nil
	}
	return err == nil, err
}

// openAny opens a recording, finished or growing, also by the name of its twin, under which it may have been known.
func openAny(in folder, name string) (*os.File, error) {
	stored := []string{name, name + recordname.PartSuffix}
	if twin := recordname.Twin(name); twin != "" {
		stored = append(stored, twin, twin+recordname.PartSuffix)
	}
	for _, each := range append(stored, stored...) { // again, for it may be renamed while one looks
		file, err := in.OpenRegular(each)
		if !isMissing(err) {
			return file, err
		}
	}
	return nil, unix.ENOENT
}

// nameNow is that of a recording which is known by this name or by that of its twin; the name itself where there is
// neither.
func nameNow(in folder, name string) (string, error) {
	here, err := isThere(in, name)
	if here || err != nil {
		return name, err
	}
	twin := recordname.Twin(name)
	if here, err = isThere(in, twin); here {
		return twin, err
	}
	return name, err
}

func isThere(in folder, name string) (bool, error) {
	if name == "" {
		return false, nil
	}
	here, err := exists(in, name)
	if here || err != nil {
		return here, err
	}
	return exists(in, name+recordname.PartSuffix)
}

// recordingOf is the name of the recording that a file, or a pin, is of.
func recordingOf(stored string) string {
	return strings.TrimSuffix(strings.TrimSuffix(stored, recordname.PinSuffix), recordname.PartSuffix)
}
