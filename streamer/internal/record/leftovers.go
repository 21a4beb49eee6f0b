package record

import (
	"errors"
	"os"
	"strings"

	"petcam/streamer/internal/mp4"
)

// finishLeftovers finishes what a crash left in the directory, and logs what cannot be finished.
// r.leftovers must be held.
func (r *Recorder) finishLeftovers(dir *directory) {
	files, err := dir.list()
	if err != nil {
		r.options.Log.Error("cannot list the recordings", "error", err)
		return
	}
	for _, info := range files {
		name, isPart := strings.CutSuffix(info.Name(), partSuffix)
		if r.ctx.Err() != nil {
			return
		}
		if _, ours := stampOf(name); !isPart || !ours {
			continue
		}
		if err := finishLeftover(dir, r.system, name, info.Size()); err != nil {
			r.options.Log.Error("cannot finish a recording of an earlier run", "name", name, "error", err)
			continue
		}
		r.options.Log.Info("finished a recording of an earlier run", "name", name)
	}
}

// finishLeftover finishes one, or deletes it where no frame is in it.
func finishLeftover(dir *directory, sys system, name string, size int64) error {
	file, err := dir.root.OpenFile(name+partSuffix, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	recovered, err := mp4.Recover(sys.durable(file), size)
	if errors.Is(err, mp4.ErrEmpty) {
		return dir.root.Remove(name + partSuffix)
	}
	if err != nil {
		return err
	}
	_, err = publish(dir, name, recovered.Start.Add(recovered.Duration))
	return err
}
