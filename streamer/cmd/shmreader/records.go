package main

import (
	"context"
	"encoding/json"
	"os"
)

// records are read into the same place again and again.
type records[T any] struct {
	next    func(ctx context.Context, to *T) error
	skipped func() uint64
	close   func()
	epoch   func(*T) uint64
	torn    func(*T) bool
}

// read counts until ctx ends, or prints each record.
func (r *records[T]) read(ctx context.Context, name string, count int, prints bool) (found figures) {
	defer r.close()
	epoch := uint64(0)
	var record T
	for r.next(ctx, &record) == nil {
		found.Reads++
		if prints {
			_ = json.NewEncoder(os.Stdout).Encode(record)
			continue
		}
		if now := r.epoch(&record); now != epoch {
			epoch = now
			tellEpoch(epoch, name)
		}
		found.note(r.torn(&record), count)
	}
	found.Skipped = r.skipped()
	return found
}
