package access

import (
	"context"
	"time"
)

const sweepInterval = time.Second // within this, streams end whose session has ended by itself

// Keep keeps the login's state while nobody asks, until ctx ends: it ends what has ended by itself, and writes what is due;
// at its end how old the sessions are, so that a restart makes none younger. ended is called with the id of each session
// that has expired, was pushed out, or whose password another process has changed. hour may be nil.
func (s *Sessions) Keep(ctx context.Context, hour *FirstHour, ended func(id string)) {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			_ = s.Save() // what is wrong is in the log
			return
		case <-ticker.C:
			s.tend(hour, ended)
		}
	}
}

// tend does what there is to do now.
func (s *Sessions) tend(hour *FirstHour, ended func(id string)) {
	for _, id := range s.takeEnded() {
		ended(id)
	}
	s.saveIfDue()
	if hour != nil {
		hour.Mark()
	}
}
