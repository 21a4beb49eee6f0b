package main

import (
	"context"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fuse"
)

// operation is one that a process asked for.
type operation struct {
	Kind   string `json:"kind"`   // one of changing, or read
	Path   string `json:"path"`   // below the mount point
	Offset int64  `json:"offset"` // of a write, bytes
	Size   int64  `json:"size"`   // of a write, bytes
	Begins []byte `json:"begins"` // of a write, its first bytes; base64 in JSON
	PID    uint32 `json:"pid"`    // of the thread that asked
	Began  int    `json:"began"`  // how many operations had ended when it began
	Error  string `json:"error"`  // such as ENOSPC; empty: done
}

// changing are the kinds that an order without kinds means. Besides them there is read: a file is opened for reading.
var changing = []string{
	"create", "open", "write", "fsync", "fsyncdir", "rename", "link", "unlink", "mkdir", "setattr",
}

// disk lets each operation happen, or not, as the rules say.
type disk struct {
	folder string

	mu      sync.Mutex // guards everything below, also the rules
	changed *sync.Cond // a rule was met or released
	rules   []*rule
	trace   []operation // in the order in which they ended
	gone    bool        // the power has failed: nothing works
	full    bool        // statfs says that nothing is free
	power   *power      // nil: nobody wants to know
}

func newDisk(folder string) *disk {
	d := &disk{folder: folder}
	d.changed = sync.NewCond(&d.mu)
	return d
}

// do is one operation; change does it to the folder behind.
func (d *disk) do(ctx context.Context, op operation, change func() syscall.Errno) syscall.Errno {
	if caller, ok := fuse.FromContext(ctx); ok {
		op.PID = caller.Pid
	}
	met, errno := d.begin(&op)
	if errno == 0 {
		errno = change()
	}
	d.end(op, met, errno)
	return errno
}

// begin counts the operation, waits where a rule says so, and returns the rules that are met and the error to fail with.
func (d *disk) begin(op *operation) (met []*rule, errno syscall.Errno) {
	d.mu.Lock()
	defer d.mu.Unlock()
	op.Began = len(d.trace)
	for _, r := range d.rules {
		if r.meets(*op) {
			met = append(met, r)
		}
	}
	d.changed.Broadcast()
	for _, r := range met {
		if r.Action == "wait" {
			d.wait(r)
		}
	}
	if d.gone {
		return nil, syscall.EIO
	}
	for _, r := range met {
		if r.Action == "fail" {
			return met, r.errno
		}
	}
	return met, 0
}

// end notes the operation, and kills who asked for it or cuts the power where a rule says so.
func (d *disk) end(op operation, met []*rule, errno syscall.Errno) {
	d.mu.Lock()
	defer d.mu.Unlock()
	op.Error = errorName(errno)
	d.trace = append(d.trace, op)
	for _, r := range met {
		switch r.Action {
		case "kill": // before it has the answer, so it does nothing more
			_ = syscall.Kill(int(op.PID), syscall.SIGKILL)
		case "cut":
			d.gone = true
		}
	}
}

// add begins a rule and returns its number.
func (d *disk) add(r *rule) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.rules = append(d.rules, r)
	return len(d.rules) - 1
}

// wait returns once the rule is released, or its seconds are over. mu must be held.
func (d *disk) wait(r *rule) {
	over := false
	if r.Seconds > 0 {
		time.AfterFunc(time.Duration(r.Seconds*float64(time.Second)), func() {
			d.mu.Lock()
			defer d.mu.Unlock()
			over = true
			d.changed.Broadcast()
		})
	}
	for !r.released && !over {
		d.changed.Wait()
	}
}

// setFull says whether statfs reports a full disk.
func (d *disk) setFull(full bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.full = full
}

func (d *disk) isFull() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.full
}

// clear ends all rules and faults; what waits goes on.
func (d *disk) clear() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.rules {
		r.released = true
	}
	d.rules, d.gone, d.full = nil, false, false
	d.changed.Broadcast()
}

// waitUntilMet returns once so many operations were those of the rule.
func (d *disk) waitUntilMet(r *rule, times int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for r.met < times {
		d.changed.Wait()
	}
}

// rule returns one by its number; nil: there is none.
func (d *disk) rule(number int) *rule {
	d.mu.Lock()
	defer d.mu.Unlock()
	if number < 0 || number >= len(d.rules) {
		return nil
	}
	return d.rules[number]
}

// takeTrace returns the operations that have ended since it was called last.
func (d *disk) takeTrace() []operation {
	d.mu.Lock()
	defer d.mu.Unlock()
	taken := slices.Clone(d.trace)
	d.trace = nil
	return taken
}
