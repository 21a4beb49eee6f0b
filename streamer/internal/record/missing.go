package record

import (
	"errors"

	"petcam/streamer/internal/apierror"
)

// DiskNotMounted is the reason where the disk of the recordings is not there.
const DiskNotMounted = "Disk not mounted"

// watchDisk keeps missing up to date until the Recorder is closed.
func (r *Recorder) watchDisk() { r.options.Place.Watch(r.ctx, r.lookForDisk) }

// lookForDisk takes note whether the disk is missing, and says so. What a crash left on it is finished once it comes.
func (r *Recorder) lookForDisk() bool {
	r.looking.Lock()
	defer r.looking.Unlock()
	var missing *apierror.Error
	errors.As(diskError(r.options.Place.Look()), &missing)
	before := r.missing.Swap(missing)
	switch {
	case missing != nil && (before == nil || before.Message != missing.Message):
		r.options.Log.Error("nothing can be recorded", "error", missing.Message)
	case missing == nil && before != nil:
		r.options.Log.Info("the disk of the recordings is there", "directory", r.options.Directory)
		r.Recover()
		r.keeper.tryAgain()
	}
	return missing != nil
}

// Faults says that the disk is missing, in one line with the remedy; else nothing.
func (r *Recorder) Faults() []string {
	if missing := r.missing.Load(); missing != nil {
		return []string{missing.Message}
	}
	return nil
}
