package record

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const ageCheckInterval = time.Hour

// deleteOldEachHour deletes by age until ctx ends.
func (s *space) deleteOldEachHour(ctx context.Context) {
	if !s.ages.any() {
		return
	}
	ticker := time.NewTicker(ageCheckInterval)
	defer ticker.Stop()
	began := time.Now()
	last, newest := began, s.newestEnd()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := time.Now()
		if !clockJumped(last.Round(0), now.Round(0), now.Sub(last)) {
			s.deleteOld(timeForAges(now, s.system.synchronised(), newest, now.Sub(began)))
		}
		last = now
	}
}

// timeForAges is the time that ages are counted to. A clock that nobody has set counts only as far as there is other
// proof: the end of the newest recording that was there at the start, and how long this program has run since. No
// recordings, no proof.
func timeForAges(now time.Time, synchronised bool, newest time.Time, running time.Duration) time.Time {
	if proven := newest.Add(running); !synchronised && proven.Before(now) {
		return proven
	}
	return now
}

// timesyncMark is there once systemd-timesyncd has set the clock since the board's start. The sandbox of the service
// does not let it ask the kernel.
const timesyncMark = "/run/systemd/timesync/synchronized"

// clockSynchronised says whether a time server has set the clock.
func clockSynchronised() bool {
	var t unix.Timex
	if _, err := unix.Adjtimex(&t); err == nil && t.Status&unix.STA_UNSYNC == 0 {
		return true
	}
	_, err := os.Lstat(timesyncMark)
	return err == nil
}

// clockJumped says whether the wall clock moved by another time than has elapsed: a wrong clock must not delete
// recordings.
func clockJumped(before, now time.Time, elapsed time.Duration) bool {
	return (now.Sub(before) - elapsed).Abs() >= ageCheckInterval
}

// clockNotSet says whether a time is from before petcam: of a board without a clock battery, before it had the time from
// the network. The age of such a recording is unknown.
func clockNotSet(t time.Time) bool { return t.Year() < 2020 }

// newestEnd is when the newest recording ended; the zero time where there is none, or none can be seen, which recovery says.
func (s *space) newestEnd() (newest time.Time) {
	_ = s.withRecordings(func(_ *directory, recordings []recording) error {
		for _, r := range recordings {
			if r.ended.After(newest) {
				newest = r.ended
			}
		}
		return nil
	})
	return newest
}

// deleteOld deletes the unpinned recordings that ended longer before now than those of their kind are kept.
func (s *space) deleteOld(now time.Time) {
	err := s.withRecordings(func(dir *directory, recordings []recording) (err error) {
		for _, r := range recordings {
			if !r.pinned && !clockNotSet(r.ended) && s.ages.areOver(r, now) {
				err = errors.Join(err, s.delete(dir, r, "older than "+ageKeys[r.kind]))
			}
		}
		return err
	})
	if err != nil {
		s.log.Error("cannot delete old recordings", "error", err)
	}
}

// withRecordings calls do with the finished recordings, mu held.
func (s *space) withRecordings(do func(*directory, []recording) error) error {
	dir, err := s.system.openDirectory(s.path)
	if err != nil {
		return err
	}
	defer dir.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	files, err := dir.Files()
	if err != nil {
		return err
	}
	return do(dir, recordingsIn(files))
}
