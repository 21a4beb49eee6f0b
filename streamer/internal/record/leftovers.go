package record

import (
	"errors"
	"os"
	"strings"
	"time"

	"petcam/streamer/internal/mp4"
)

// retryEvery is how often leftovers that could not be finished are tried again while nothing is recorded.
const retryEvery = time.Minute

// recoverEachMinute tries again what could not be finished, until the Recorder is closed.
func (r *Recorder) recoverEachMinute() {
	ticker := time.NewTicker(retryEvery)
	defer ticker.Stop()
	for {
		select {
		case <-r.ctx.Done():
			return
		case <-ticker.C:
		}
		if r.unfinished.Load() {
			r.Recover()
		}
	}
}

// finishLeftovers finishes what a crash left in the directory, and logs what cannot be finished.
// r.leftovers must be held.
func (r *Recorder) finishLeftovers(dir *directory) {
	r.unfinished.Store(false)
	files, err := dir.list()
	if err != nil {
		r.unfinished.Store(true)
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
			r.complain(name, err)
			continue
		}
		delete(r.complaints, name)
		r.options.Log.Info("finished a recording of an earlier run", "name", name)
	}
}

// complain logs what is wrong with a leftover, once. r.leftovers must be held.
func (r *Recorder) complain(name string, err error) {
	if !errors.Is(err, mp4.ErrForeign) { // that will be no recording tomorrow either
		r.unfinished.Store(true)
	}
	if r.complaints[name] != err.Error() {
		r.complaints[name] = err.Error()
		r.options.Log.Error("cannot finish a recording of an earlier run", "name", name, "error", err)
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
