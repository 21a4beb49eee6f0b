package record

import (
	"sync"
	"time"
)

// soundLooks is how often the switch is looked at while nothing is recorded.
const soundLooks = time.Second

// soundSwitch knows whether the owner has ended sound for all, and since when it may be heard again: the shared memory may
// still have what a writer put there meanwhile. It is safe for goroutines.
type soundSwitch struct {
	on  func() bool // nil: it is always on
	now func() (wall time.Time, monotonicNS uint64)

	mu   sync.Mutex // guards what follows
	off  bool       // at the last look
	from uint64     // CLOCK_MONOTONIC of the first look that found it on again; at first, of this program's start
}

// newSoundSwitch begins now: nobody knows whether sound was on before.
func newSoundSwitch(on func() bool, now func() (time.Time, uint64)) *soundSwitch {
	s := &soundSwitch{on: on, now: now}
	if on != nil {
		_, s.from = now()
	}
	return s
}

// isOn looks.
func (s *soundSwitch) isOn() bool {
	if s.on == nil {
		return true
	}
	on := s.on()
	s.mu.Lock()
	defer s.mu.Unlock()
	if on && s.off {
		_, s.from = s.now()
	}
	s.off = !on
	return on
}

// since looks, and gives from when on what was captured may be heard.
func (s *soundSwitch) since() uint64 {
	s.isOn()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.from
}

// watchSound looks now and then, so that a recording that begins later knows; until the Recorder is closed.
func (r *Recorder) watchSound() {
	ticker := time.NewTicker(soundLooks)
	defer ticker.Stop()
	for {
		r.soundSwitch.isOn()
		select {
		case <-r.ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
