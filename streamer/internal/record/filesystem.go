package record

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/mp4"
	"petcam/streamer/internal/place"
)

// fileSystem is all that the recorder asks of the recordings directory. Names cannot lead out of it. Tests put others in
// its place that fail.
type fileSystem interface {
	OpenFile(name string, flag int, mode fs.FileMode) (file, error)
	Lstat(name string) (fs.FileInfo, error)
	// Reach fails with fs.ErrNotExist where the directory's path does not lead to a file of that name any more.
	Reach(name string) error
	Remove(name string) error
	// Rename fails with fs.ErrExist where the new name is taken.
	Rename(from, to string) error
	// SetTime sets the time of modification, where the file system has one that can be set.
	SetTime(name string, at time.Time) error
	// Files returns the regular files.
	Files() ([]fs.FileInfo, error)
	// Sync makes the directory's entries durable, where the file system can do that for a directory.
	Sync() error
	// Lacks names what the file system does not have, of what is only wished for; the file was just made.
	Lacks(name string) []string
	// MaxFile is the largest size of a file, in bytes, as far as that is known before a write fails with EFBIG.
	MaxFile() int64
	// Space returns the bytes of the disk (0: it does not say), and those that are free for the service's user.
	Space() (size, free int64, err error)
	Close()
}

// file is one of them, opened. Its Sync makes data and size durable.
type file interface {
	mp4.File
	Stat() (fs.FileInfo, error)
	// Chmod sets the mode, where the file system has modes.
	Chmod(mode fs.FileMode) error
	Close() error
}

// disk is the real fileSystem.
type disk struct {
	path      string
	root      *os.Root
	directory *os.File // the same, for fsync and rename
}

// openDisk opens a directory whose disk is there, and makes it where only its last part is missing: where more is, its
// disk is not mounted, and nothing must be recorded in its place. Its error is an openError.
func openDisk(path string, where *place.Place) (fileSystem, error) {
	if err := where.Look(); err != nil { // before anything is made
		return nil, openError{err}
	}
	if err := makeDirectory(path); err != nil {
		return nil, openError{err}
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, openError{err}
	}
	if err := where.Enter(root); err != nil {
		return nil, openError{errors.Join(err, root.Close())}
	}
	directory, err := root.Open(".")
	if err != nil {
		return nil, openError{errors.Join(err, root.Close())}
	}
	return &disk{path, root, directory}, nil
}

// makeDirectory makes it where it is missing. What is there and no directory is refused before it is opened: a pipe
// would block.
func makeDirectory(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = os.Mkdir(path, 0o750); errors.Is(err, fs.ErrExist) { // another goroutine's, or a link that leads nowhere
			if info, found := os.Stat(path); found == nil && info.IsDir() {
				return nil
			}
		}
		return err
	}
	if err == nil && !info.IsDir() {
		return &fs.PathError{Op: "open", Path: path, Err: syscall.ENOTDIR}
	}
	return err
}

func (d *disk) Close() {
	_ = d.directory.Close() // both were only read from
	_ = d.root.Close()
}

func (d *disk) OpenFile(name string, flag int, mode fs.FileMode) (file, error) {
	f, err := d.root.OpenFile(name, flag, mode)
	if err != nil {
		return nil, err // f would be no nil interface
	}
	return diskFile{f}, nil
}

func (d *disk) Lstat(name string) (fs.FileInfo, error) { return d.root.Lstat(name) }
func (d *disk) Remove(name string) error               { return d.root.Remove(name) }
func (d *disk) Sync() error                            { return wished(d.directory.Sync()) }

// Reach looks from outside: a file that FUSE or NFS keeps under another name while it is open, and a disk that is
// unmounted lazily, look as before from within.
func (d *disk) Reach(name string) error {
	_, err := os.Lstat(filepath.Join(d.path, name))
	return err
}

func (d *disk) Rename(from, to string) error {
	fd := int(d.directory.Fd())
	err := unix.Renameat2(fd, from, fd, to, unix.RENAME_NOREPLACE)
	if !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOSYS) {
		return err
	}
	if _, err := d.Lstat(to); err == nil { // a file system without that flag: nobody else makes such names
		return fs.ErrExist
	}
	return unix.Renameat(fd, from, fd, to)
}

func (d *disk) SetTime(name string, at time.Time) error { return wished(d.setTime(name, at)) }

func (d *disk) setTime(name string, at time.Time) error {
	times := []unix.Timespec{{Nsec: unix.UTIME_OMIT}, unix.NsecToTimespec(at.UnixNano())}
	return unix.UtimesNanoAt(int(d.directory.Fd()), name, times, unix.AT_SYMLINK_NOFOLLOW)
}

func (d *disk) Lacks(name string) (lacks []string) {
	info, err := d.Lstat(name)
	if err != nil {
		return nil // it has gone, or the next write fails too
	}
	if info.Mode().Perm() != fileMode { // most say that they have set it
		lacks = append(lacks, "modes")
	}
	if err := d.setTime(name, info.ModTime()); err != nil && wished(err) == nil {
		lacks = append(lacks, "times")
	}
	if err := d.directory.Sync(); err != nil && wished(err) == nil {
		lacks = append(lacks, "syncing of folders")
	}
	return lacks
}

func (d *disk) Files() ([]fs.FileInfo, error) {
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

func (d *disk) Space() (size, free int64, err error) {
	var s syscall.Statfs_t
	if err := syscall.Fstatfs(int(d.directory.Fd()), &s); err != nil {
		return 0, 0, err
	}
	return int64(s.Blocks) * int64(s.Bsize), int64(s.Bavail) * int64(s.Bsize), nil
}

// maxFATFile is the largest file of FAT32, whose length field has 32 bits.
const maxFATFile = 1<<32 - 1

func (d *disk) MaxFile() int64 {
	var s syscall.Statfs_t
	if err := syscall.Fstatfs(int(d.directory.Fd()), &s); err == nil && s.Type == unix.MSDOS_SUPER_MAGIC {
		return maxFATFile
	}
	return math.MaxInt64
}

// wished is the error of what only is a wish: nil where the file system lacks it altogether, as exFAT, NTFS and FAT lack
// modes, owners and hard links.
func wished(err error) error {
	for _, lacking := range []error{syscall.EPERM, syscall.EINVAL, syscall.ENOTSUP, syscall.ENOSYS} {
		if errors.Is(err, lacking) {
			return nil
		}
	}
	return err
}

// diskFile is a file whose Sync leaves out times, which nobody needs after a power cut.
type diskFile struct{ *os.File }

func (f diskFile) Chmod(mode fs.FileMode) error { return wished(f.File.Chmod(mode)) }

func (f diskFile) Sync() error {
	for {
		if err := syscall.Fdatasync(int(f.Fd())); err != syscall.EINTR {
			return err
		}
	}
}
