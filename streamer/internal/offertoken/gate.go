// Package offertoken checks the offer tokens that petcam-web gives to those it has let in. docs/http-api.md, section "Offer
// token", is the specification; petcam/web/offer_token.py makes them, and tests/offer-tokens.json holds both together.
package offertoken

import (
	"errors"
	"slices"
	"sync"
	"time"
)

// lifetime is how far ahead a token's end may lie, in ms. petcam-web gives each its whole minute.
const lifetime = 60_000

// Pass is what an accepted token stands for.
type Pass struct {
	Session string    // of petcam-web, not its cookie
	Until   time.Time // the session's end for good; with its monotonic reading, as the board's clock may jump
	expires int64     // of the token, in ms since the machine's start
}

// Gate lets each token in once.
type Gate struct {
	key    []byte
	bootID string
	now    func() int64 // ms since the machine's start

	// mu guards what follows; all of it is forgotten after a token's lifetime.
	mu    sync.Mutex
	spent map[string]int64 // nonces, and when their tokens expire
	ended map[string]int64 // sessions, and when the last token of theirs has expired
	all   int64            // the same of every session; 0: they were never all ended
}

// New makes a gate for tokens that were signed with key since the machine's start.
func New(key []byte) (*Gate, error) {
	bootID, err := readBootID()
	if err != nil {
		return nil, err
	}
	return newGate(key, bootID, sinceBoot), nil
}

func newGate(key []byte, bootID string, now func() int64) *Gate {
	return &Gate{key: key, bootID: bootID, now: now, spent: map[string]int64{}, ended: map[string]int64{}}
}

// Accept lets a token in that is for one of hosts (lower-case names without port). Its error says why not, and holds
// nothing of the token.
func (g *Gate) Accept(token string, hosts ...string) (Pass, error) {
	c, err := g.read(token)
	if err != nil {
		return Pass{}, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.now()
	g.forget(now)
	switch _, spent := g.spent[c.Nonce]; {
	case c.Expires <= now || c.Until <= now:
		return Pass{}, errors.New("the token has expired")
	case c.Expires > now+lifetime:
		return Pass{}, errors.New("the token ends more than a minute ahead")
	case !slices.Contains(hosts, c.Host):
		return Pass{}, errors.New("the token is for another host")
	case spent:
		return Pass{}, errors.New("the token was used before")
	case g.hasEnded(c.Session, c.Expires):
		return Pass{}, errors.New("the token's session has ended")
	}
	g.spent[c.Nonce] = c.Expires
	until := time.Now().Add(time.Duration(c.Until-now) * time.Millisecond)
	return Pass{Session: c.Session, Until: until, expires: c.Expires}, nil
}

// End refuses the tokens that were given to a session so far; an empty one stands for all sessions.
func (g *Gate) End(session string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if last := g.now() + lifetime; session == "" {
		g.all = last
	} else {
		g.ended[session] = last
	}
}

// Ended tells whether a session was ended after its token was accepted: between that and the answer is the whole of
// the negotiation.
func (g *Gate) Ended(pass Pass) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.hasEnded(pass.Session, pass.expires)
}

// hasEnded tells whether a token is of a session that was ended after it was made. Called with mu held.
func (g *Gate) hasEnded(session string, expires int64) bool {
	return expires <= g.all || expires <= g.ended[session]
}

// forget drops what no unexpired token can ask for. Called with mu held.
func (g *Gate) forget(now int64) {
	for _, kept := range []map[string]int64{g.spent, g.ended} {
		for name, last := range kept {
			if last <= now {
				delete(kept, name)
			}
		}
	}
}
