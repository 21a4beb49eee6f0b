package record

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"petcam/streamer/internal/apierror"
)

const (
	minDefaultFree   = 1 << 30 // bytes to leave free at least where min_free_bytes is 0
	minFreeAlways    = 4 << 20 // bytes to leave free whatever is configured: the table of a finished file must fit
	ageCheckInterval = time.Hour
)

// space deletes recordings to keep within the limits; docs/recordings.md, "Space".
type space struct {
	path     string
	system   *system
	maxBytes int64
	minFree  int64
	maxAge   time.Duration
	log      *slog.Logger

	// mu guards total, and lets one goroutine at a time delete.
	mu    sync.Mutex
	total int64 // bytes of the finished recordings when last counted
}

func newSpace(o Options, system *system) *space {
	return &space{path: o.Directory, system: system, maxBytes: o.MaxBytes, minFree: o.MinFree, maxAge: o.MaxAge, log: o.Log}
}

// recording is a finished file.
type recording struct {
	name   string
	stamp  string // of its name
	size   int64
	ended  time.Time
	pinned bool
}

// makeRoom deletes the oldest recordings until the limits are kept, with a growing file of so many bytes. It fails with
// RecordingFailed where nothing may be deleted any more.
func (s *space) makeRoom(dir *directory, growing int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	shortage, err := s.shortage(dir, growing)
	if err != nil || shortage == nil {
		return err
	}
	// Only now the directory is listed: petcam-web deletes too, so the total may be too high.
	recordings, err := s.recordings(dir)
	if err != nil {
		return err
	}
	for {
		shortage, err := s.shortage(dir, growing)
		if err != nil || shortage == nil {
			return err
		}
		i := slices.IndexFunc(recordings, func(r recording) bool { return !r.pinned })
		if i < 0 {
			return shortage
		}
		if err := s.delete(dir, recordings[i], "to make room"); err != nil {
			return err
		}
		recordings = slices.Delete(recordings, i, i+1)
	}
}

// shortage says which limit is exceeded and what helps; nil: none. mu must be held.
func (s *space) shortage(dir *directory, growing int64) (*apierror.Error, error) {
	if s.maxBytes > 0 && s.total+growing > s.maxBytes {
		return apierror.New(apierror.RecordingFailed, "Recordings have reached recording.max_bytes and none may be deleted; "+
			"unpin or delete some, or raise it").WithReason("Limit reached"), nil
	}
	size, free, err := dir.Space()
	if err != nil {
		return nil, err
	}
	least := s.minFree
	if least == 0 {
		least = max(size/10, minDefaultFree)
	}
	if free < max(least, minFreeAlways) {
		return apierror.New(apierror.RecordingFailed, "The disk has less free than recording.min_free_bytes and no recording "+
			"may be deleted; free some space, or unpin or delete recordings").WithReason("Space low"), nil
	}
	return nil, nil
}

// count counts the recordings afresh, before a file is begun.
func (s *space) count(dir *directory) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := s.recordings(dir)
	return err
}

// recordings lists the finished ones, oldest first, and sets total. mu must be held.
func (s *space) recordings(dir *directory) ([]recording, error) {
	files, err := dir.Files()
	if err != nil {
		return nil, err
	}
	var found []recording
	pins := map[string]bool{}
	s.total = 0
	for _, info := range files {
		if name, isPin := strings.CutSuffix(info.Name(), pinSuffix); isPin {
			pins[name] = true
		} else if stamp, ok := stampOf(info.Name()); ok {
			found = append(found, recording{info.Name(), stamp, info.Size(), info.ModTime(), false})
			s.total += info.Size()
		}
	}
	for i := range found {
		found[i].pinned = pins[found[i].name]
	}
	slices.SortFunc(found, func(a, b recording) int {
		return cmp.Or(cmp.Compare(a.stamp, b.stamp), a.ended.Compare(b.ended))
	})
	return found, nil
}

// delete deletes a recording, which petcam-web may have done already. mu must be held.
func (s *space) delete(dir *directory, r recording, why string) error {
	if err := dir.Remove(r.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	s.total -= r.size
	s.log.Info("deleted a recording", "name", r.name, "why", why)
	return nil
}

// deleteOldEachHour deletes by age until ctx ends.
func (s *space) deleteOldEachHour(ctx context.Context) {
	if s.maxAge == 0 {
		return
	}
	ticker := time.NewTicker(ageCheckInterval)
	defer ticker.Stop()
	last := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		now := time.Now()
		if !clockJumped(last.Round(0), now.Round(0), now.Sub(last)) {
			s.deleteOld(now)
		}
		last = now
	}
}

// clockJumped says whether the wall clock moved by another time than has elapsed: a wrong clock must not delete
// recordings.
func clockJumped(before, now time.Time, elapsed time.Duration) bool {
	return (now.Sub(before) - elapsed).Abs() >= ageCheckInterval
}

// clockNotSet says whether a time is from before petcam: of a board without a clock battery, before it had the time from
// the network. The age of such a recording is unknown.
func clockNotSet(t time.Time) bool { return t.Year() < 2020 }

// deleteOld deletes the unpinned recordings that ended longer than maxAge before now.
func (s *space) deleteOld(now time.Time) {
	dir, err := s.system.openDirectory(s.path)
	if err != nil {
		s.log.Error("cannot open the recordings directory", "error", err)
		return
	}
	defer dir.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	recordings, err := s.recordings(dir)
	for _, r := range recordings {
		if !r.pinned && !clockNotSet(r.ended) && now.Sub(r.ended) > s.maxAge {
			err = errors.Join(err, s.delete(dir, r, "older than recording.max_age_days"))
		}
	}
	if err != nil {
		s.log.Error("cannot delete old recordings", "error", err)
	}
}
