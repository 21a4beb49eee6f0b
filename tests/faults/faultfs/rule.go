package main

import (
	"fmt"
	"path"
	"slices"
	"syscall"

	"golang.org/x/sys/unix"
)

// rule is a fault, for some operations, counted from the moment of the order.
type rule struct {
	Kinds  []string `json:"kinds"`  // none: all that change the disk
	Name   string   `json:"name"`   // a pattern for the file's name; empty: any
	Offset *int64   `json:"offset"` // of a write; none: any
	First  int      `json:"first"`  // of the operations so meant, the first to which it happens; from 1
	Last   int      `json:"last"`   // and the last; 0: for ever
	// Action is fail (with Errno, nothing is done), wait (before it is done, until all is cleared or for Seconds),
	// kill (who asked, once it is done) or cut (once it is done, everything fails).
	Action  string  `json:"action"`
	Errno   string  `json:"errno"`   // such as ENOSPC
	Seconds float64 `json:"seconds"` // 0: until all is cleared

	errno    syscall.Errno
	count    int // operations so meant
	met      int // of them those to which it happened
	released bool
}

// check completes a rule that came from outside.
func (r *rule) check() error {
	if !slices.Contains([]string{"fail", "wait", "kill", "cut"}, r.Action) {
		return fmt.Errorf("no action is called %q", r.Action)
	}
	for _, kind := range r.Kinds {
		if kind != "read" && !slices.Contains(changing, kind) {
			return fmt.Errorf("no kind is called %q", kind)
		}
	}
	if len(r.Kinds) == 0 {
		r.Kinds = changing
	}
	r.First = max(r.First, 1)
	if r.Action != "fail" {
		return nil
	}
	for number := syscall.Errno(1); number < 200; number++ {
		if unix.ErrnoName(number) == r.Errno {
			r.errno = number
			return nil
		}
	}
	return fmt.Errorf("no error is called %q", r.Errno)
}

// meets counts the operation, and says whether the fault happens to it.
func (r *rule) meets(op operation) bool {
	if !slices.Contains(r.Kinds, op.Kind) || r.Offset != nil && *r.Offset != op.Offset {
		return false
	}
	if fits, _ := path.Match(r.Name, path.Base(op.Path)); r.Name != "" && !fits {
		return false
	}
	r.count++
	if r.count < r.First || r.Last > 0 && r.count > r.Last {
		return false
	}
	r.met++
	return true
}

func errorName(errno syscall.Errno) string {
	if errno == 0 {
		return ""
	}
	return unix.ErrnoName(errno)
}
