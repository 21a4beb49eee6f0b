package rtc

import (
	"context"
	"net/netip"
	"time"

	"petcam/streamer/internal/network"
)

// Client is whom an offer comes from.
type Client struct {
	Remote  netip.Addr // for the log
	Session string     // by which EndSession finds its viewers; empty: none
	ID      string     // of a WHEP session, by which End and Trickle find its viewer; empty: the client is a page
	Page    string     // of a page's viewer, by which Listen finds it
	Until   time.Time  // when its viewer is disconnected; zero: never
}

// maxViewersPerClient is half of all viewers, so that one client cannot keep everybody else out.
func maxViewersPerClient(maxViewers int) int { return (maxViewers + 1) / 2 }

// same tells whether two offers come from one client: from the same session, else from the same network. Offers from
// this machine come from its own browser or the owner's programs, so their address tells nothing.
func (c Client) same(other Client) bool {
	if c.Session != "" || other.Session != "" {
		return c.Session == other.Session
	}
	return network.Of(c.Remote) == network.Of(other.Remote) && c.Remote.IsValid() && !c.Remote.IsLoopback()
}

// isWHEP tells whether the client is a media server or player; pages use the JSON offer and have no ID.
func (c Client) isWHEP() bool { return c.ID != "" }

// viewerContext ends when the client's viewer must be disconnected.
func (c Client) viewerContext(parent context.Context) (context.Context, context.CancelFunc) {
	if c.Until.IsZero() {
		return context.WithCancel(parent)
	}
	return context.WithDeadline(parent, c.Until)
}

// EndSession disconnects the viewers of a session, or all where it is empty, and tells how many. It does not wait until
// their connections are closed.
func (s *Server) EndSession(session string) (closed int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for v := range s.viewers {
		if (session == "" || v.client.Session == session) && v.ctx.Err() == nil {
			v.leave()
			closed++
		}
	}
	return closed
}

// End disconnects the viewer of a WHEP session, and tells whether there was one. It does not wait until its connection
// is closed.
func (s *Server) End(id, session string) bool {
	v := s.viewer(id, session)
	if v != nil {
		v.leave()
	}
	return v != nil
}

// viewer finds the viewer of a WHEP session; nil: there is none (any more).
func (s *Server) viewer(id, session string) *viewer {
	return s.viewerOf(func(c Client) bool { return id != "" && c.ID == id && c.Session == session })
}

// viewerOf finds a viewer by its client; nil: there is none (any more).
func (s *Server) viewerOf(is func(Client) bool) *viewer {
	s.mu.Lock()
	defer s.mu.Unlock()
	for v := range s.viewers {
		if is(v.client) && v.ctx.Err() == nil {
			return v
		}
	}
	return nil
}
