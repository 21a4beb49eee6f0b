package record

import (
	"errors"
	"io/fs"
	"os"

	"petcam/streamer/internal/recordname"
)

// renameFiles gives what a lease has touched the names of a visit's, while the session s runs: its own goroutine does.
func (k *keeper) renameFiles(s *session, due []*keptFile) {
	for _, file := range due {
		rename := k.recorder.renameFinished
		if file.grows {
			rename = s.renameSegment
		}
		name := recordname.NamedAs(file.name, visit)
		renamed, err := rename(s.dir, file.name, name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // it was deleted
			words := "a visit's recording keeps its name"
			if renamed {
				words = "a visit's recording may lose its name or its pin again"
			}
			k.recorder.options.Log.Error(words, "name", file.name, "error", err)
		}
		k.mu.Lock()
		if renamed {
			if k.status.Filename == file.name {
				k.status.Filename = name
			}
			file.name, file.kind = name, visit
		}
		file.failed = !renamed
		k.mu.Unlock()
	}
}

// renameSegment gives the file that grows another name. Its syncer, which looks for it by that, waits.
func (s *session) renameSegment(dir *directory, from, to string) (renamed bool, err error) {
	s.syncer.stop()
	renamed, err = s.recorder.rename(dir, from, to, partSuffix)
	if renamed {
		s.segment.name = to
	}
	s.syncer = startSyncer(s, s.segment)
	return renamed, err
}

// renameFinished gives a file that grows no more another name.
func (r *Recorder) renameFinished(dir *directory, from, to string) (renamed bool, err error) {
	return r.rename(dir, from, to, "")
}

// rename gives a recording another name, and its pin; the suffix is that of one that grows. The name is free, as its twin
// has kept it so. The rename is durable, but where it fails although the file has been renamed.
func (r *Recorder) rename(dir *directory, from, to, suffix string) (renamed bool, err error) {
	r.beginning.Lock()
	defer r.beginning.Unlock()
	if renamed, err = r.space.rename(dir, from, to, suffix); !renamed {
		return false, err
	}
	return true, errors.Join(err, dir.Sync())
}

// rename renames while nobody counts files: one is never counted under both names.
func (s *space) rename(dir *directory, from, to, suffix string) (renamed bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	pinned := dir.exists(from + pinSuffix)
	if pinned { // before: a pinned recording is so at every moment
		if err := dir.pin(to); err != nil {
			return false, err
		}
	}
	if err := dir.Rename(from+suffix, to+suffix); err != nil {
		return false, err
	}
	if grown, grows := s.growing[from]; grows {
		delete(s.growing, from)
		s.growing[to] = grown
	}
	if pinned || dir.exists(from+pinSuffix) { // again: petcam-web may have pinned it just now
		err = dir.movePin(from, to)
	}
	return true, err
}

// movePin pins a recording that is pinned by its former name, or was until just now.
func (d *directory) movePin(from, to string) error {
	if err := d.pin(to); err != nil {
		return err
	}
	err := d.Remove(from + pinSuffix)
	if errors.Is(err, fs.ErrNotExist) { // petcam-web has unpinned it meanwhile
		err = d.Remove(to + pinSuffix)
	}
	return err
}

// pin pins a recording, as petcam-web does.
func (d *directory) pin(name string) error {
	file, err := d.OpenFile(name+pinSuffix, os.O_WRONLY|os.O_CREATE, fileMode)
	if err != nil {
		return err
	}
	return errors.Join(file.Chmod(fileMode), file.Close())
}
