package state

import (
	"log/slog"
	"os"
	"path/filepath"
	"regexp"

	"golang.org/x/sys/unix"
)

// Sweep removes what a writer left that was killed. It does nothing while anybody writes, in whatever process.
func Sweep(path string, log *slog.Logger) {
	directory, err := os.OpenFile(path, os.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return // what is wrong with it, the files in it say
	}
	defer func() { _ = directory.Close() }()
	removed, err := sweep(path, directory)
	if removed > 0 {
		log.Info("removed files that were never finished", "directory", path, "files", removed)
	}
	if err != nil {
		log.Warn("unfinished files stay", "directory", path, "error", err)
	}
}

func sweep(path string, directory *os.File) (removed int, err error) {
	if err := unix.Flock(int(directory.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return 0, err
	}
	names, err := directory.Readdirnames(-1)
	temporary := regexp.MustCompile(`^\.[a-z_]+\.(json|key)\.[0-9a-f]{16}$`)
	for _, name := range names {
		if err == nil && temporary.MatchString(name) {
			if err = os.Remove(filepath.Join(path, name)); err == nil {
				removed++
			}
		}
	}
	return removed, err
}
