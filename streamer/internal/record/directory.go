package record

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"petcam/streamer/internal/recordname"
)

// directory is the recordings directory, opened, with the names of docs/recordings.md in it.
type directory struct{ fileSystem }

// fileMode lets petcam-web read by the group.
const fileMode = 0o640

// create makes NAME.part for the first name of the recording that is free, and returns that name. The file's directory
// entry is durable.
func (d *directory) create(start time.Time, label string) (name string, f file, err error) {
	for try := 1; ; try++ {
		name = fileName(start, label, try)
		if d.exists(name) || d.hasTwin(name) {
			continue
		}
		f, err = d.OpenFile(name+partSuffix, os.O_RDWR|os.O_CREATE|os.O_EXCL, fileMode)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", nil, err
		}
		// A umask may have taken bits that petcam-web needs.
		if err := errors.Join(f.Chmod(fileMode), d.Sync()); err != nil {
			return "", nil, errors.Join(err, f.Close(), d.Remove(name+partSuffix))
		}
		return name, f, nil
	}
}

// hasTwin says whether a recording that grows or is finished has the name that this one's would become with its kind.
func (d *directory) hasTwin(name string) bool {
	other := recordname.Twin(name)
	return other != "" && (d.exists(other) || d.exists(other+partSuffix))
}

func (d *directory) exists(name string) bool {
	_, err := d.Lstat(name)
	return err == nil
}

// publish renames NAME.part to NAME, or to a free name like it, and returns that; it never replaces a file. The rename
// is durable.
func (d *directory) publish(name string) (string, error) {
	final := name
	for try := 2; ; try++ {
		err := d.Rename(name+partSuffix, final)
		if err == nil {
			return final, d.Sync()
		}
		if !errors.Is(err, fs.ErrExist) {
			return name, err
		}
		final = numbered(name, try)
	}
}
