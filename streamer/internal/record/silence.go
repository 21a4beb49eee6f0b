package record

import (
	"context"
	"errors"
	"time"
)

// errSilent says that no frame has come for the limit.
var errSilent = errors.New("no frame for a while")

// silence is a context that ends when nothing has been heard for the limit. Unlike context.WithTimeout it costs no
// allocation for each frame. It belongs to one goroutine.
type silence struct {
	parent context.Context
	limit  time.Duration
	ctx    context.Context
	cancel context.CancelFunc
	timer  *time.Timer
}

func listen(parent context.Context, limit time.Duration) *silence {
	s := &silence{parent: parent, limit: limit}
	s.begin()
	return s
}

func (s *silence) begin() {
	s.ctx, s.cancel = context.WithCancel(s.parent)
	s.timer = time.AfterFunc(s.limit, s.cancel)
}

// heard starts the time anew.
func (s *silence) heard() {
	if !s.timer.Reset(s.limit) { // it had ended
		s.stop()
		s.begin()
	}
}

func (s *silence) stop() {
	s.timer.Stop()
	s.cancel()
}
