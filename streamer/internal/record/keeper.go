package record

import (
	"os"
	"time"

	"petcam/streamer/internal/mp4"
)

// keeper makes a growing file durable and keeps space free, off the path of the frames. What goes wrong ends the session.
type keeper struct {
	session *session
	dir     *directory
	file    *os.File
	durable mp4.File
	quit    chan struct{}
	done    chan struct{}
}

// keep starts the goroutine; stop ends it.
func keep(s *session, p *part) *keeper {
	sys := s.recorder.system
	k := &keeper{s, s.dir, p.file, sys.durable(p.file), make(chan struct{}), make(chan struct{})}
	go k.run(sys.syncEvery)
	return k
}

func (k *keeper) stop() {
	close(k.quit)
	<-k.done
}

func (k *keeper) run(every time.Duration) {
	defer close(k.done)
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-k.quit:
			return
		case <-ticker.C:
		}
		if err := k.look(); err != nil {
			k.session.cancel(explain(err))
			return
		}
	}
}

func (k *keeper) look() error {
	if err := k.session.recorder.meters.timed(k.durable.Sync); err != nil {
		return err
	}
	size, links, err := sizeAndLinks(k.file)
	if err != nil {
		return err
	}
	if links == 0 {
		return errDeleted
	}
	return k.session.recorder.space.makeRoom(k.dir, size)
}
