package record

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/recordname"
)

const (
	minDefaultFree = 1 << 30           // bytes to leave free at least where min_free_bytes is 0
	minFree        = 2 * minFreeAlways // and at least in any case: a recording ends where half of it is free
)

// space deletes recordings to keep within the limits; docs/recordings.md, "Space".
type space struct {
	path     string
	system   *system
	maxBytes int64
	minFree  int64
	ages     ages
	log      *slog.Logger

	// mu guards what follows, and lets one goroutine at a time delete.
	mu         sync.Mutex
	pictures   pictures         // which are counted in maxBytes, and in nothing else
	folder     fs.FileInfo      // the directory that all this is of; nil before the first
	finished   int64            // bytes of the finished recordings when last counted
	unfinished int64            // bytes of those that a crash left, when a file was last begun
	growing    map[string]int64 // bytes of those that are being written, by the names that they will have
	seen       int64            // the sum of all these when last looked at
	retention  retention
	kept       bool  // there is a balance file
	logged     error // why the balance could not be kept
}

func newSpace(o Options, system *system) *space {
	return &space{
		path: o.Directory, system: system, maxBytes: o.MaxBytes, minFree: o.MinFree, log: o.Log,
		ages:     ages{byHand: o.MaxAge, visit: o.VisitAge, always: o.AlwaysAge},
		pictures: pictures{path: o.Pictures},
		growing:  map[string]int64{},
	}
}

// recording is a finished file.
type recording struct {
	name   string
	kind   kind
	size   int64
	links  uint64    // how many names the file has
	ended  time.Time // by its time of modification
	pinned bool
}

// frees is how many bytes deleting it frees; 0 where it may not be deleted, or has another name elsewhere.
func (r recording) frees() int64 {
	if r.pinned || r.links > 1 {
		return 0
	}
	return r.size
}

// makeRoom deletes recordings where the limits are exceeded, by kind and then the oldest. The file of that name has grown
// to so many bytes; an empty name: none has yet. It fails with RecordingFailed where the recording must end, or must not
// begin: then nothing has been deleted for it.
func (s *space) makeRoom(dir *directory, name string, bytes int64, begins bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if name != "" {
		s.growing[name] = bytes
	}
	s.look()
	if err := s.keepMaxBytes(dir); err != nil {
		return err
	}
	return s.keepFree(dir, begins)
}

// holds fails with RecordingFailed where a file of so many bytes would leave less free than half of the least, which ends
// every recording that runs.
func (s *space) holds(dir *directory, bytes int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	size, free, err := dir.Space()
	if err != nil || size == 0 || free-bytes >= s.leastFree(size)/2 {
		return err
	}
	recordings, err := s.list(dir)
	if err != nil {
		return err
	}
	return spaceLow(recordings)
}

// begins takes note of a file that is written from now on.
func (s *space) begins(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.growing[name] = 0
}

// ended takes note that a file is no longer written: it is finished with so many bytes, or a crash's leavings of so many.
func (s *space) ended(name string, finished, unfinished int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.growing, name)
	s.finished += finished
	s.unfinished += unfinished
}

// discarded takes note that a file was deleted while it was written. What it had grown allows no deletion any more.
func (s *space) discarded(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retention.deletedOtherwise(s.growing[name])
	s.seen -= s.growing[name]
	delete(s.growing, name)
}

// written are the names of the files that are being written.
func (s *space) written() map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := map[string]bool{}
	for name := range s.growing {
		names[name] = true
	}
	return names
}

// allGrowing are the bytes of the files that are being written. mu must be held.
func (s *space) allGrowing() (bytes int64) {
	for _, grown := range s.growing {
		bytes += grown
	}
	return bytes
}

// look counts what the recordings have grown. What is gone, and not by retention, changes no balance. mu must be held.
func (s *space) look() {
	now := s.finished + s.unfinished + s.allGrowing()
	s.retention.grew(max(now-s.seen, 0))
	s.seen = now
}

// keepMaxBytes keeps the recordings, and the pictures of visits, within max_bytes. mu must be held.
func (s *space) keepMaxBytes(dir *directory) error {
	if s.maxBytes == 0 {
		return nil
	}
	others := s.allGrowing() + s.pictures.bytes()
	if s.finished+others <= s.maxBytes {
		return nil
	}
	recordings, err := s.list(dir) // only now: petcam-web deletes too, so the sum may be too high
	if err != nil {
		return err
	}
	excess := s.finished + others - s.maxBytes
	if deletable(recordings) < excess {
		return apierror.New(apierror.RecordingFailed, "Recordings have reached recording.max_bytes, and those that may be "+
			"deleted are too few; unpin or delete some, or raise it").WithReason("Limit reached")
	}
	for _, oldest := range recordings {
		if excess <= 0 {
			break
		}
		if oldest.pinned {
			continue
		}
		if err := s.delete(dir, oldest, "to keep within recording.max_bytes"); err != nil {
			return err
		}
		excess -= oldest.size
	}
	return nil
}

// deletable are the bytes of the recordings that are not pinned.
func deletable(recordings []recording) (bytes int64) {
	for _, r := range recordings {
		if !r.pinned {
			bytes += r.size
		}
	}
	return bytes
}

// keepFree keeps min_free_bytes free, as far as retention allows it. mu must be held.
func (s *space) keepFree(dir *directory, begins bool) error {
	size, free, err := dir.Space()
	if err != nil {
		return err
	}
	if size == 0 { // of a FUSE program that keeps no account: a write says when it is full
		return nil
	}
	least := s.leastFree(size)
	missing := least - free
	if missing <= 0 {
		s.retention.room()
		s.keepPosition(dir)
		return nil
	}
	recordings, err := s.list(dir)
	if err != nil {
		return err
	}
	victims := s.retention.victims(recordings, missing)
	after := s.retention.without(victims)
	if left := missing - freeable(victims); left > 0 && !after.mayGoOn(left, least, begins) {
		s.keepPosition(dir)
		return spaceLow(recordings)
	}
	if err := s.deleteForRoom(dir, victims); err != nil {
		return err
	}
	s.keepPosition(dir)
	return nil
}

// leastFree are the bytes to leave free on a disk of so many bytes.
func (s *space) leastFree(size int64) int64 {
	least := s.minFree
	if least == 0 {
		least = max(size/10, minDefaultFree)
	}
	return max(least, minFree)
}

// spaceLow says why a recording ends while retention may delete nothing of these.
func spaceLow(recordings []recording) error {
	message := "Other files have taken the space that recording.min_free_bytes leaves free, and no recording was deleted " +
		"for them; free some space, or delete recordings"
	if len(recordings) > 0 && freeable(recordings) == 0 {
		message = "The disk has less free than recording.min_free_bytes and no recording may be deleted; " +
			"free some space, or unpin or delete recordings"
	}
	return apierror.New(apierror.RecordingFailed, "%s", message).WithReason("Space low")
}

// deleteForRoom deletes recordings. Where that makes a debt, they go only once the debt is durable. mu must be held.
func (s *space) deleteForRoom(dir *directory, victims []recording) error {
	for _, victim := range victims {
		before := s.retention
		s.retention.deleted(victim.size)
		kept := s.writePosition(dir, s.seen-victim.size)
		if s.retention.balance < 0 && !kept {
			s.retention = before
			return nil
		}
		if err := s.remove(dir, victim, "to make room"); err != nil {
			s.retention = before
			return err
		}
	}
	return nil
}

// delete deletes a recording for another reason than room. mu must be held.
func (s *space) delete(dir *directory, r recording, why string) error {
	if err := s.remove(dir, r, why); err != nil {
		return err
	}
	s.retention.deletedOtherwise(r.size)
	if s.kept {
		s.writePosition(dir, s.seen)
	}
	return nil
}

// remove deletes a recording, which petcam-web may have done already. mu must be held.
func (s *space) remove(dir *directory, r recording, why string) error {
	if err := dir.Remove(r.name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	s.finished -= r.size
	s.seen -= r.size
	s.log.Info("deleted a recording", "name", r.name, "why", why)
	return nil
}

// keepPosition sees to it that there is a balance file where there is a balance, and none elsewhere. mu must be held.
func (s *space) keepPosition(dir *directory) {
	switch {
	case s.retention.balance != 0 && !s.kept:
		s.writePosition(dir, s.seen)
	case s.retention.balance == 0 && s.kept:
		err := removePosition(dir)
		s.kept = err != nil
		s.logBalance(err)
	}
}

// writePosition keeps the balance, as that of recordings of so many bytes, and says whether it did. mu must be held.
func (s *space) writePosition(dir *directory, recordings int64) bool {
	err := writePosition(dir, position{recordings, s.retention.balance})
	s.kept = s.kept || err == nil
	s.logBalance(err)
	return err == nil
}

// logBalance logs why the balance cannot be kept, once for each reason. Recording goes on: without it less is deleted.
// mu must be held.
func (s *space) logBalance(err error) {
	if err != nil && (s.logged == nil || s.logged.Error() != err.Error()) {
		s.log.Error("cannot keep the balance of space", "error", err)
	}
	s.logged = err
}

// count counts the recordings afresh, before a file is begun. It says whether this is another directory than
// before, or the first.
func (s *space) count(dir *directory) (isNew bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	files, err := dir.Files()
	if err != nil {
		return false, err
	}
	s.finished, s.unfinished = sumOf(s.finishedIn(files)), s.unfinishedIn(files)
	isNew, err = s.enter(dir)
	if err != nil {
		return false, err
	}
	s.look()
	return isNew, nil
}

// enter reads the balance of a directory that is another than before, or the first. mu must be held.
func (s *space) enter(dir *directory) (isNew bool, err error) {
	folder, err := dir.Lstat(".")
	if err != nil || s.folder != nil && os.SameFile(folder, s.folder) {
		return false, err
	}
	s.folder, s.retention, s.seen = folder, retention{}, s.finished+s.unfinished
	p, kept, err := readPosition(dir)
	if err != nil { // then nothing may go until recordings have grown again
		s.log.Error("cannot read the balance of space", "error", err)
	}
	if s.kept = kept; kept {
		s.retention.balance, s.seen = p.balance, p.recordings // what has grown since then is counted now
	}
	return true, nil
}

// list lists the finished recordings in the order in which they go, and counts them. mu must be held.
func (s *space) list(dir *directory) ([]recording, error) {
	files, err := dir.Files()
	if err != nil {
		return nil, err
	}
	recordings := s.finishedIn(files)
	s.finished = sumOf(recordings)
	s.look()
	return recordings, nil
}

// finishedIn returns the finished ones, in the order in which they go, without one that is just getting its name: it still
// counts as growing. mu must be held.
func (s *space) finishedIn(files []fs.FileInfo) []recording {
	return slices.DeleteFunc(recordingsIn(files), func(r recording) bool { _, grows := s.growing[r.name]; return grows })
}

// recordingsIn returns the finished ones, in the order in which they go.
func recordingsIn(files []fs.FileInfo) (found []recording) {
	pins := map[string]bool{}
	for _, info := range files {
		if name, isPin := strings.CutSuffix(info.Name(), pinSuffix); isPin {
			pins[name] = true
		} else if isRecording(info.Name()) {
			found = append(found, recording{info.Name(), recordname.KindOf(info.Name()), info.Size(), linksOf(info), info.ModTime(), false})
		}
	}
	for i := range found {
		found[i].pinned = pins[found[i].name]
	}
	slices.SortFunc(found, recording.goesBefore)
	return found
}

func sumOf(recordings []recording) (bytes int64) {
	for _, r := range recordings {
		bytes += r.size
	}
	return bytes
}

// unfinishedIn returns the bytes of the files that a crash left. They have grown, and do not grow again when they are
// finished. mu must be held.
func (s *space) unfinishedIn(files []fs.FileInfo) (bytes int64) {
	for _, info := range files {
		name, isPart := strings.CutSuffix(info.Name(), partSuffix)
		if _, grows := s.growing[name]; isPart && isRecording(name) && !grows {
			bytes += info.Size()
		}
	}
	return bytes
}
