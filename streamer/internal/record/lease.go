package record

import (
	"slices"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/recordname"
)

// lease is until when something is to be recorded by itself, CLOCK_MONOTONIC: the last moment that belongs to it. It runs
// out by itself, so that nobody has to end it.
type lease struct{ until uint64 }

// isOver says whether a moment does not belong to it any more.
func (l lease) isOver(at uint64) bool { return at > l.until }

// prolong makes it last to that moment at least.
func (l *lease) prolong(until uint64) { l.until = max(l.until, until) }

// KeptFile is a file of what is recorded by itself.
type KeptFile struct {
	Filename string `json:"filename"` // also where it is still to get it
	FirstNS  uint64 `json:"first_ns"` // CLOCK_MONOTONIC of the capture of its first frame
}

// Leased says what is recorded for a lease: the file that grows, and all that hold a part of what was asked for, oldest
// first.
type Leased struct {
	KeptFile
	Recording bool       `json:"recording"`
	Files     []KeptFile `json:"files"`
}

// keptFile is one of the newest files of what is recorded by itself.
type keptFile struct {
	name            string
	kind            kind   // by its name
	firstNS, lastNS uint64 // CLOCK_MONOTONIC of the captures of its first and its newest frame
	grows           bool
	leased          bool // a lease has touched it: it is to be a visit's
	failed          bool // it could not be renamed; that is tried again once it is finished
}

// maxKeptFiles bounds files. A lease reaches back over half a minute, in which a camera may change its picture's size.
const maxKeptFiles = 8

// asName is the name that the file has, or will have.
func (f *keptFile) asName() string {
	if f.leased {
		return recordname.NamedAs(f.name, visit)
	}
	return f.name
}

// isDue says whether it is to be renamed.
func (f *keptFile) isDue() bool { return f.leased && !f.failed && f.kind == always }

// Keep sees to it that what was captured from preRoll ago on, and what is captured within span and the post-roll from now
// on, is recorded as a visit's, as far as the ring holds it. To be asked again before span is over, for as long as the visit
// lasts. It returns once a file has begun. Errors wrap a *apierror.Error: NotRecorded, NoVideo, RecordingFailed.
func (r *Recorder) Keep(span, preRoll time.Duration) (Leased, error) {
	if r.isOff() {
		return Leased{}, ErrOff
	}
	from, err := r.keeper.ask(span, preRoll)
	if err != nil {
		return Leased{}, err
	}
	return r.keeper.wait(from)
}

// errManual says that nothing is recorded by itself.
var errManual = apierror.New(apierror.NotRecorded, "recording.mode is manual: nothing is recorded by itself")

// ask begins or prolongs the lease, and returns the moment from which on is recorded for it, CLOCK_MONOTONIC.
func (k *keeper) ask(span, preRoll time.Duration) (from uint64, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.mode == Manual {
		return 0, errManual
	}
	now := k.now()
	from = now - min(now, uint64(preRoll))
	if k.mode == Visits && k.lease.isOver(now) {
		k.from = max(from, 1)
	}
	k.lease.prolong(now + uint64(span+k.recorder.options.PostRoll))
	for _, file := range k.files {
		file.leased = file.leased || file.grows || file.lastNS >= from
	}
	k.announce()
	return from, nil
}

// wait waits for the file of a lease, and says which files hold what was captured from that moment on.
func (k *keeper) wait(from uint64) (Leased, error) {
	camera := time.NewTimer(k.recorder.system.startTimeout)
	defer camera.Stop()
	disk := time.NewTimer(k.recorder.system.diskTimeout)
	defer disk.Stop()
	for {
		leased, changed, err := k.leased(from)
		if changed == nil {
			return leased, err
		}
		select {
		case <-changed:
		case <-camera.C:
			if !k.awaitsDisk() {
				return Leased{}, errNoVideo
			}
		case <-disk.C:
			return Leased{}, errDiskSlow
		case <-k.recorder.ctx.Done():
			return Leased{}, errStopping
		}
	}
}

// leased is the answer to a lease; until there is one, changed is closed when that may have changed.
func (k *keeper) leased(from uint64) (leased Leased, changed <-chan struct{}, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.mode == Manual { // since the lease began
		return Leased{}, nil, errManual
	}
	newest := k.newestFile()
	if newest == nil || !newest.grows || k.ending {
		if k.failure != nil {
			return Leased{}, nil, k.failure
		}
		return Leased{}, k.changed, nil
	}
	leased = Leased{KeptFile{newest.asName(), newest.firstNS}, true, nil}
	for _, file := range k.files {
		if file == newest || file.leased && file.lastNS >= from {
			leased.Files = append(leased.Files, KeptFile{file.asName(), file.firstNS})
		}
	}
	return leased, nil, nil
}

// awaitsDisk says whether it is not the camera that a lease waits for.
func (k *keeper) awaitsDisk() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.session == nil || k.ending || k.session.late.busy.Load()
}

// newestFile is that of the session that runs, or ran last; nil: there has been none. mu must be held.
func (k *keeper) newestFile() *keptFile {
	if len(k.files) == 0 {
		return nil
	}
	return k.files[len(k.files)-1]
}

// addFile takes note of a file that has begun. mu must be held.
func (k *keeper) addFile(file *keptFile) {
	file.kind = recordname.KindOf(file.name)
	file.leased = file.kind == visit || !k.lease.isOver(file.firstNS) // which may have begun since the file was named
	k.files = append(k.files, file)
	if len(k.files) > maxKeptFiles {
		k.files = slices.Delete(k.files, 0, 1)
	}
}

// dueFiles are those that are to be renamed. mu must be held.
func (k *keeper) dueFiles() (due []*keptFile) {
	for _, file := range k.files {
		if file.isDue() {
			due = append(due, file)
		}
	}
	return due
}
