// Package library knows the recordings on disk, in the form that docs/recordings.md specifies them: it lists, opens, pins
// and deletes them, and reads the boxes that are in them. petcam-web's petcam/web/recordings does the same;
// tests/library-cases.json holds both together.
//
// Names must have a recording's form and are opened relative to a descriptor of the directory. Symbolic links in it are
// never followed, and only regular files count.
package library

import (
	"log/slog"
	"os"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/recordname"
)

// Directory is the recordings directory.
type Directory struct {
	log   *slog.Logger
	open  func() (folder, error)
	now   func() time.Time
	zone  *time.Location
	index *index
	boxes *boxReader
}

// Open knows the recordings at the path, which need not be there yet: nothing is opened before it is asked for.
func Open(path string, log *slog.Logger) *Directory {
	return &Directory{
		log:   log,
		open:  func() (folder, error) { return openFolder(path) },
		now:   time.Now,
		zone:  time.Local,
		index: newIndex(time.Local, time.Now),
		boxes: newBoxReader(time.Now),
	}
}

// OpenRecording opens a recording for reading; one that still grows too, as far as it is written.
func (d *Directory) OpenRecording(name string) (*os.File, error) {
	var file *os.File
	err := d.with(name, func(in folder) (err error) {
		file, err = openAny(in, name)
		return err
	})
	return file, err
}

// Boxes reads what the detector found, from one time of the recording to before another, in ticks.
func (d *Directory) Boxes(name string, begin, end int64) (BoxesPart, error) {
	var part BoxesPart
	err := d.with(name, func(in folder) error {
		file, err := openAny(in, name)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }() // it is only read
		part, err = d.boxes.read(file, begin, end)
		return err
	})
	return part, err
}

// with does something in the directory with one of its recordings. Its errors are NotFound, Forbidden, DiskFault, DiskFull,
// and those that do gives.
func (d *Directory) with(name string, do func(in folder) error) error {
	if !recordname.IsName(name) {
		return notFound(name)
	}
	in, err := d.open()
	if err != nil {
		return d.changeError(name, err)
	}
	err = do(in)
	_ = in.Close() // it was only read from
	return d.changeError(name, err)
}

// Failures are why recordings were not changed, by their names.
type Failures map[string]*apierror.Error
