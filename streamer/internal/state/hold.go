package state

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Hold says that this process serves by files of petcam-web's, until release: /usr/lib/petcam/web-server waits for that
// before it gives them back. directory is the process's own, as what is open in petcam-web's keeps its disk from being
// unmounted. Where the file system has no locks, nobody waits.
func Hold(directory string) (release func(), err error) {
	folder, err := os.OpenFile(directory, os.O_RDONLY|unix.O_DIRECTORY, 0)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(folder.Fd()), unix.LOCK_SH); err != nil && !errors.Is(err, unix.ENOTSUP) {
		return nil, errors.Join(err, folder.Close())
	}
	return func() { _ = folder.Close() }, nil
}
