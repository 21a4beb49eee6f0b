package record

import (
	"io"
	"io/fs"
	"math"
	"os"
	"strings"
	"syscall"
	"time"
)

// modelDisk is a disk of which only sizes are kept: years of recording fit into a test. It takes whole blocks for each
// file, as real ones do.
type modelDisk struct {
	size, others int64 // bytes: of the disk, of what other programs have on it
	files        map[string]*modelFile
	noBalance    bool                          // the balance file can be neither read nor written
	removed      func(name string, size int64) // called for each recording that is removed
}

const modelBlock = 4096

type modelFile struct {
	name  string
	size  int64
	links uint64
	at    time.Time
	text  []byte // of small files
}

func newModelDisk(size int64) *modelDisk {
	return &modelDisk{size: size, files: map[string]*modelFile{}, removed: func(string, int64) {}}
}

func (d *modelDisk) put(name string, size int64, at time.Time) {
	d.files[name] = &modelFile{name: name, size: size, links: 1, at: at}
}

// free are the bytes that nobody has.
func (d *modelDisk) free() int64 {
	free := d.size - d.others
	for _, f := range d.files {
		free -= (f.size + modelBlock - 1) / modelBlock * modelBlock
	}
	return free
}

func (d *modelDisk) OpenFile(name string, flag int, _ fs.FileMode) (file, error) {
	if d.noBalance && name == balanceFile {
		return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.EIO}
	}
	f := d.files[name]
	if f == nil && flag&os.O_CREATE == 0 {
		return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.ENOENT}
	}
	if f == nil {
		if d.free() < modelBlock {
			return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.ENOSPC}
		}
		d.put(name, 0, time.Time{})
	}
	return d.files[name], nil
}

func (d *modelDisk) Lstat(name string) (fs.FileInfo, error) {
	if name == "." {
		return os.Lstat("/") // any directory that stays the same
	}
	if f := d.files[name]; f != nil {
		return f, nil
	}
	return nil, &fs.PathError{Op: "lstat", Path: name, Err: syscall.ENOENT}
}

func (d *modelDisk) Reach(name string) error {
	_, err := d.Lstat(name)
	return err
}

func (d *modelDisk) Remove(name string) error {
	f := d.files[name]
	if f == nil {
		return &fs.PathError{Op: "remove", Path: name, Err: syscall.ENOENT}
	}
	delete(d.files, name)
	if strings.HasSuffix(name, ".mp4") {
		d.removed(name, f.size)
	}
	return nil
}

func (d *modelDisk) Files() (files []fs.FileInfo, err error) {
	for _, f := range d.files {
		files = append(files, f)
	}
	return files, nil
}

func (d *modelDisk) Rename(from, to string) error {
	if d.files[from] == nil || d.files[to] != nil {
		return syscall.ENOSYS
	}
	d.files[to] = d.files[from]
	d.files[to].name = to
	delete(d.files, from)
	return nil
}

func (d *modelDisk) SetTime(string, time.Time) error { return nil }
func (d *modelDisk) Sync() error                     { return nil }
func (d *modelDisk) MaxFile() int64                  { return math.MaxInt64 }
func (d *modelDisk) Lacks(string) []string           { return nil }

func (d *modelDisk) Space() (size, free int64, _ error) { return d.size, d.free(), nil }
func (d *modelDisk) Close()                             {}

func (f *modelFile) Name() string               { return f.name }
func (f *modelFile) Size() int64                { return f.size }
func (f *modelFile) Mode() fs.FileMode          { return 0o640 }
func (f *modelFile) ModTime() time.Time         { return f.at }
func (f *modelFile) IsDir() bool                { return false }
func (f *modelFile) Sys() any                   { return f.stat() }
func (f *modelFile) Stat() (fs.FileInfo, error) { return f, nil }
func (f *modelFile) Chmod(fs.FileMode) error    { return nil }
func (f *modelFile) Close() error               { return nil }
func (f *modelFile) Sync() error                { return nil }

func (f *modelFile) Truncate(size int64) error {
	f.text = f.text[:size]
	f.size = size
	return nil
}

func (f *modelFile) ReadAt(p []byte, off int64) (int, error) {
	n := copy(p, f.text[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (f *modelFile) WriteAt(p []byte, _ int64) (int, error) { // at the beginning
	f.text = append(f.text[:0], p...)
	f.size = int64(len(f.text))
	return len(p), nil
}

func (f *modelFile) stat() *syscall.Stat_t {
	var stat syscall.Stat_t
	stat.Nlink++ // its type differs between architectures
	if f.links > 1 {
		stat.Nlink++
	}
	return &stat
}
