package record

import (
	"errors"
	"io/fs"
	"os"
)

// renameFiles gives what a lease has touched the names of a visit's, while the session s runs: its own goroutine does.
func (k *keeper) renameFiles(s *session, due []*keptFile) {
	for _, file := range due {
		name, err := namedAs(file.name, visit), error(nil)
		if file.grows {
			err = s.renameSegment(name)
		} else {
			err = k.recorder.rename(s.dir, file.name, name, "")
		}
		k.mu.Lock()
		if err == nil {
			file.name, file.kind = name, visit
		}
		file.failed = err != nil
		k.mu.Unlock()
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // it was deleted
			k.recorder.options.Log.Error("a visit's recording keeps its name", "name", file.name, "error", err)
		}
	}
}

// renameSegment gives the file that grows another name. Its syncer, which looks for it by that, waits.
func (s *session) renameSegment(name string) error {
	s.syncer.stop()
	err := s.recorder.rename(s.dir, s.segment.name, name, partSuffix)
	if err == nil {
		s.segment.name = name
	}
	s.syncer = startSyncer(s, s.segment)
	return err
}

// rename gives a recording another name, and its pin; the suffix is that of one that grows. The name is free, as its twin
// has kept it so. The rename is durable.
func (r *Recorder) rename(dir *directory, from, to, suffix string) error {
	r.beginning.Lock()
	defer r.beginning.Unlock()
	if err := r.space.rename(dir, from, to, suffix); err != nil {
		return err
	}
	return dir.Sync()
}

// rename renames while nobody counts files: one is never counted under both names.
func (s *space) rename(dir *directory, from, to, suffix string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	pinned := dir.exists(from + pinSuffix)
	if pinned { // before: a pinned recording is so at every moment
		if err := dir.pin(to); err != nil {
			return err
		}
	}
	if err := dir.Rename(from+suffix, to+suffix); err != nil {
		return err
	}
	if grown, grows := s.growing[from]; grows {
		delete(s.growing, from)
		s.growing[to] = grown
	}
	if !pinned && !dir.exists(from+pinSuffix) { // again: petcam-web may have pinned it just now
		return nil
	}
	return errors.Join(dir.pin(to), dir.Remove(from+pinSuffix))
}

// pin pins a recording, as petcam-web does.
func (d *directory) pin(name string) error {
	file, err := d.OpenFile(name+pinSuffix, os.O_WRONLY|os.O_CREATE, fileMode)
	if err != nil {
		return err
	}
	return errors.Join(file.Chmod(fileMode), file.Close())
}
