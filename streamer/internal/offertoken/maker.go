package offertoken

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
)

// Maker makes tokens, as petcam-web does.
type Maker struct {
	signer
	now func() int64 // ms since the machine's start
}

// NewMaker signs with key.
func NewMaker(key *Key) *Maker { return &Maker{signer{key.Secret, readBootID}, sinceBoot} }

// Make makes one for a session that ends in so many seconds even if it is used; host is the page's, without its port. It
// fails where there is no key.
func (m *Maker) Make(host, session string, secondsLeft float64) (token string, err error) {
	nonce := make([]byte, 16)
	_, _ = rand.Read(nonce) // ends the program rather than fail
	now := m.now()
	payload, err := json.Marshal(claims{now + maxLifetimeMS, host, session, now + int64(secondsLeft*1000), hex.EncodeToString(nonce)})
	if err != nil {
		return "", err
	}
	mac, err := m.sign(payload)
	if err != nil {
		return "", err
	}
	encode := base64.RawURLEncoding.EncodeToString
	return version + "." + encode(payload) + "." + encode(mac), nil
}
