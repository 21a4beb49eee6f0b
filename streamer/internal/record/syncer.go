package record

import (
	"errors"
	"io/fs"
	"time"
)

// syncer makes the growing file durable at regular times and keeps disk space free, in a goroutine of its own so that
// frames never wait for it. An error ends the session.
type syncer struct {
	session *session
	dir     *directory
	file    file
	name    string // that the growing file will have
	quit    chan struct{}
	done    chan struct{}
}

// startSyncer starts the goroutine; stop ends it.
func startSyncer(session *session, growing *segment) *syncer {
	s := &syncer{session, session.dir, growing.file, growing.name, make(chan struct{}), make(chan struct{})}
	go s.run(session.recorder.system.syncEvery)
	return s
}

func (s *syncer) stop() {
	close(s.quit)
	<-s.done
}

func (s *syncer) run(every time.Duration) {
	defer close(s.done)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-s.quit:
			return
		case <-ticker.C:
		}
		if err := s.sync(); err != nil {
			s.session.cancel(diskError(err))
			return
		}
	}
}

// sync makes the file durable, looks whether it is still to be found, and makes room for it.
func (s *syncer) sync() error {
	if err := s.session.recorder.counters.countSync(s.file.Sync); err != nil {
		return err
	}
	if err := s.dir.Reach(s.name + partSuffix); errors.Is(err, fs.ErrNotExist) {
		return errDeleted
	}
	info, err := s.file.Stat()
	if err != nil {
		return err
	}
	return s.session.recorder.space.makeRoom(s.dir, s.name, info.Size(), false)
}
