package record

import (
	"context"
	"errors"
	"time"
)

// errIdle says that no frame has come within the limit.
var errIdle = errors.New("no frame for a while")

// idleContext holds a context that ends when reset was not called within the limit. Unlike context.WithTimeout it costs
// no allocation for each frame. It belongs to one goroutine.
type idleContext struct {
	parent context.Context
	limit  time.Duration
	ctx    context.Context
	cancel context.CancelFunc
	timer  *time.Timer
}

func newIdleContext(parent context.Context, limit time.Duration) *idleContext {
	i := &idleContext{parent: parent, limit: limit}
	i.begin()
	return i
}

func (i *idleContext) begin() {
	i.ctx, i.cancel = context.WithCancel(i.parent)
	i.timer = time.AfterFunc(i.limit, i.cancel)
}

// reset starts the time anew.
func (i *idleContext) reset() {
	if !i.timer.Reset(i.limit) { // the context has ended
		i.stop()
		i.begin()
	}
}

func (i *idleContext) stop() {
	i.timer.Stop()
	i.cancel()
}
