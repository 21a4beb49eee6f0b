package record

import (
	"os"
	"syscall"
	"time"
)

const (
	// maxPictures: petcam-web keeps 5,000, and what else lies there is none of petcam's.
	maxPictures = 8192
	// timeStep is how coarse the time of a folder may be: one that has changed just now may change again in the same step.
	timeStep = 2 * time.Second
)

// pictures is the folder of the pictures of visits, which petcam-web writes (docs/recordings.md, "Space"). They take part
// of max_bytes; nothing is ever deleted here. It is for one goroutine at a time.
type pictures struct {
	path   string // empty: there are none
	sum    int64
	listed time.Time // when, as of
	as     time.Time // the folder's time of modification
}

// bytes are those of all pictures; of none that can be listed 0. The folder is listed where it has changed.
func (p *pictures) bytes() int64 {
	if p.path == "" {
		return 0
	}
	info, err := os.Lstat(p.path)
	if err != nil {
		p.sum, p.listed = 0, time.Time{}
		return 0
	}
	if info.ModTime().Equal(p.as) && p.listed.Sub(p.as) >= timeStep {
		return p.sum
	}
	p.listed, p.as = time.Now(), info.ModTime()
	p.sum = sumOfFiles(p.path)
	return p.sum
}

// sumOfFiles is how many bytes the regular files in a folder have, of so many names at most.
func sumOfFiles(path string) (bytes int64) {
	folder, err := os.OpenFile(path, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return 0
	}
	defer func() { _ = folder.Close() }()     // it was only read from
	entries, _ := folder.ReadDir(maxPictures) // what could be read counts
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() {
			bytes += info.Size()
		}
	}
	return bytes
}
