package main

import (
	"context"
	"errors"
	"testing"
)

// What keeps the page then waits before it tries again, and says why.
func TestThePageEndsWithAnErrorWhereItsPortHasFailed(t *testing.T) {
	failed := errors.New("too many files")
	served := make(chan error, 1)
	served <- failed
	if err := (&website{}).wait(context.Background(), served); !errors.Is(err, failed) {
		t.Error(err)
	}
}
