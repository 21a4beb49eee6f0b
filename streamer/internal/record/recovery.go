package record

import (
	"errors"
	"os"
	"strings"
	"time"

	"petcam/streamer/internal/mp4"
)

// recoveryInterval is how often unfinished files that could not be recovered are tried again while nothing is recorded.
const recoveryInterval = time.Minute

// retryRecovery tries again the files that could not be recovered, until the Recorder is closed.
func (r *Recorder) retryRecovery() {
	ticker := time.NewTicker(recoveryInterval)
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

// recoverFiles finishes the files that a crash left unfinished in the directory, and logs those that it cannot finish.
// r.recovery must be held.
func (r *Recorder) recoverFiles(dir *directory) {
	r.unfinished.Store(false)
	r.beginning.Lock()
	written := r.space.written() // before the files are listed: none is begun meanwhile, and one may end
	files, err := dir.Files()
	r.beginning.Unlock()
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
		if !isPart || !isRecording(name) || written[name] {
			continue
		}
		if err := recoverFile(dir, name, info.Size()); err != nil {
			r.logFailure(name, err)
			continue
		}
		delete(r.loggedFailures, name)
		r.options.Log.Info("finished a recording of an earlier run", "name", name)
	}
}

// logFailure logs why a file cannot be recovered, once for each reason. r.recovery must be held.
func (r *Recorder) logFailure(name string, err error) {
	if !errors.Is(err, mp4.ErrForeign) { // a file that is no recording is not tried again
		r.unfinished.Store(true)
	}
	r.logOnce(name, "cannot finish a recording of an earlier run", err, "name", name)
}

// logOnce logs why something of that name fails, once for each reason. r.recovery must be held.
func (r *Recorder) logOnce(name, words string, err error, details ...any) {
	if r.loggedFailures[name] != err.Error() {
		r.loggedFailures[name] = err.Error()
		r.options.Log.Error(words, append(details, "error", err)...)
	}
}

// recoverFile finishes one file, or deletes it where no frame is in it.
func recoverFile(dir *directory, name string, size int64) error {
	file, err := dir.OpenFile(name+partSuffix, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer file.Close()
	recovered, err := mp4.Recover(file, size)
	if errors.Is(err, mp4.ErrEmpty) {
		return dir.Remove(name + partSuffix)
	}
	if err != nil {
		return err
	}
	_, err = publish(dir, name, recovered.Start.Add(recovered.Duration))
	return err
}
