// Package offertoken verifies the offer tokens that petcam-web gives to pages that are logged in, and makes them where this
// service serves the page itself. It imports state.
//
// docs/http-api.md, section "Offer token", is the specification; petcam/web/signaling/offer_token.py makes the tokens,
// and tests/offer-tokens.json holds both together.
package offertoken

import (
	"errors"
	"slices"
	"sync"
	"time"
)

// maxLifetimeMS is how far ahead a token may expire. petcam-web gives each token that whole minute.
const maxLifetimeMS = 60_000

// Grant is what an accepted token allows.
type Grant struct {
	Session string    // of petcam-web, not its cookie
	Until   time.Time // when the session expires; with its monotonic reading, as the board's clock may jump
	expires int64     // of the token, in ms since the machine's start
}

// Verifier accepts each token once.
type Verifier struct {
	signer
	now func() int64 // ms since the machine's start

	// mu guards what follows; all of it is forgotten after a token's lifetime.
	mu       sync.Mutex
	used     map[string]int64 // nonces, and when their tokens expire
	ended    map[string]int64 // sessions, and when the last token of theirs has expired
	allEnded int64            // the same for all sessions together; 0: they were never all ended
}

// New makes a Verifier of tokens that were signed with key since the machine's start.
func New(key *Key) *Verifier { return newVerifier(key.Secret, readBootID, sinceBoot) }

func newVerifier(key func() ([]byte, error), bootID func() (string, error), now func() int64) *Verifier {
	return &Verifier{signer: signer{key, bootID}, now: now, used: map[string]int64{}, ended: map[string]int64{}}
}

// Accept accepts a token that is for one of hosts (lower-case names without port). Its error says why not, and has
// nothing of the token in it.
func (v *Verifier) Accept(token string, hosts ...string) (Grant, error) {
	c, err := v.read(token)
	if err != nil {
		return Grant{}, err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.now()
	v.forget(now)
	switch _, used := v.used[c.Nonce]; {
	case c.Expires <= now || c.Until <= now:
		return Grant{}, errors.New("the token has expired")
	case c.Expires > now+maxLifetimeMS:
		return Grant{}, errors.New("the token ends more than a minute ahead")
	case !slices.Contains(hosts, c.Host):
		return Grant{}, errors.New("the token is for another host")
	case used:
		return Grant{}, errors.New("the token was used before")
	case v.hasEnded(c.Session, c.Expires):
		return Grant{}, errors.New("the token's session has ended")
	}
	v.used[c.Nonce] = c.Expires
	until := time.Now().Add(time.Duration(c.Until-now) * time.Millisecond)
	return Grant{Session: c.Session, Until: until, expires: c.Expires}, nil
}

// End refuses the tokens that were given to a session so far; an empty one stands for all sessions.
func (v *Verifier) End(session string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if last := v.now() + maxLifetimeMS; session == "" {
		v.allEnded = last
	} else {
		v.ended[session] = last
	}
}

// Ended tells whether a session was ended since its token was accepted: the negotiation takes place in between.
func (v *Verifier) Ended(grant Grant) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.hasEnded(grant.Session, grant.expires)
}

// hasEnded tells whether a token is of a session that was ended after it was made. Called with mu held.
func (v *Verifier) hasEnded(session string, expires int64) bool {
	return expires <= v.allEnded || expires <= v.ended[session]
}

// forget drops nonces and sessions whose tokens have all expired. Called with mu held.
func (v *Verifier) forget(now int64) {
	for _, kept := range []map[string]int64{v.used, v.ended} {
		for name, last := range kept {
			if last <= now {
				delete(kept, name)
			}
		}
	}
}
