package record

import (
	"cmp"
	"time"
)

// Mode is the configuration's recording.mode, or what the owner has chosen in its place.
type Mode string

// What is recorded by itself.
const (
	Manual Mode = "manual" // nothing
	Visits Mode = "visits" // while somebody has a lease
	Always Mode = "always" // all there is; what a lease touches counts as a visit's
)

// kind is that of what the mode records without a lease, or with the first one.
func (m Mode) kind() kind {
	if m == Always {
		return always
	}
	return visit
}

// longestAlways bounds a file of the mode always: a lease keeps a whole one.
const longestAlways = 10 * time.Minute

// SetMode says what is recorded by itself from now on; recordings by hand go on. It may be called again and again, by one
// goroutine.
func (r *Recorder) SetMode(mode Mode) {
	if r.keeper.setMode(cmp.Or(mode, Manual)) {
		r.options.Log.Info("what is recorded by itself was chosen anew", "mode", mode)
	}
}

// Mode is what is recorded by itself.
func (r *Recorder) Mode() Mode { return r.keeper.modeNow() }

func (k *keeper) modeNow() Mode {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.mode
}

// setMode says whether it is another one. What has been recorded always ends now, a visit in the mode manual behind its
// post-roll. Whatever was in the way of recording is tried again at once.
func (k *keeper) setMode(mode Mode) (changed bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	before := k.mode
	if mode == before {
		return false
	}
	k.mode = mode
	now := k.now()
	if before == Always && !k.off {
		k.all = lease{now}
	}
	if mode == Manual {
		k.lease.until = min(k.lease.until, now+uint64(k.recorder.options.PostRoll))
	}
	if mode == Always && k.session == nil {
		k.from = 0 // what came while nothing was to be recorded
	}
	k.failure, k.status.Reason, k.status.Error = nil, "", ""
	k.announce()
	k.tryAgain()
	return true
}
