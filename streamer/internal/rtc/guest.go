package rtc

import (
	"context"
	"net/netip"
	"time"
)

// Guest is whom an offer comes from.
type Guest struct {
	Remote  netip.Addr // for the log
	Session string     // by which EndSession finds it; empty: none
	ID      string     // by which End and Trickle find its viewer, together with Session; empty: they do not
	Until   time.Time  // it must leave then; zero: never
}

// maxShare is how many of all places one guest may take: the others are for the others.
func maxShare(maxViewers int) int { return (maxViewers + 1) / 2 }

// same tells whether two guests are one: of the same session, else at the same address. What comes from this machine
// has come through petcam-web or is a program of its owner's, so that the address tells nothing.
func (g Guest) same(other Guest) bool {
	if g.Session != "" || other.Session != "" {
		return g.Session == other.Session
	}
	return g.Remote == other.Remote && g.Remote.IsValid() && !g.Remote.IsLoopback()
}

// isProgram tells a media server or player from a page: only they have an ID.
func (g Guest) isProgram() bool { return g.ID != "" }

// stay is how long a guest's viewer may be there at most.
func (g Guest) stay(parent context.Context) (context.Context, context.CancelFunc) {
	if g.Until.IsZero() {
		return context.WithCancel(parent)
	}
	return context.WithDeadline(parent, g.Until)
}

// EndSession sends away the viewers of a session, or all where it is empty, and tells how many. It does not wait for
// them.
func (s *Server) EndSession(session string) (closed int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for v := range s.viewers {
		if (session == "" || v.guest.Session == session) && v.ctx.Err() == nil {
			v.leave()
			closed++
		}
	}
	return closed
}

// End sends away the one viewer of a guest, and tells whether it was there. It does not wait for it.
func (s *Server) End(id, session string) bool {
	v := s.viewer(id, session)
	if v != nil {
		v.leave()
	}
	return v != nil
}

// viewer is that of a guest who has had his answer; nil: it is not there (any more).
func (s *Server) viewer(id, session string) *viewer {
	s.mu.Lock()
	defer s.mu.Unlock()
	for v := range s.viewers {
		if id != "" && v.guest.ID == id && v.guest.Session == session && v.ctx.Err() == nil {
			return v
		}
	}
	return nil
}
