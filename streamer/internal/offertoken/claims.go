package offertoken

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
)

const maxTokenBytes = 2 << 10 // petcam-web's have some 400

// claims are a token's payload. Times are ms of CLOCK_BOOTTIME: no setting of the clock moves them.
type claims struct {
	Expires int64  `json:"expires"`
	Host    string `json:"host"`
	Session string `json:"session"`
	Until   int64  `json:"until"`
	Nonce   string `json:"nonce"`
}

// read gives the claims of a token that petcam-web has signed. Only what is signed is parsed.
func (v *Verifier) read(token string) (c claims, err error) {
	parts := strings.Split(token, ".")
	if len(token) > maxTokenBytes || len(parts) != 3 || parts[0] != version {
		return c, errors.New("there is no token of version 1")
	}
	payload, err := base64.RawURLEncoding.Strict().DecodeString(parts[1])
	if err != nil {
		return c, errors.New("the token's payload is not base64url")
	}
	right, err := v.sign(payload)
	if err != nil {
		return c, err
	}
	mac, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil || !hmac.Equal(mac, right) {
		return c, errors.New("the token is not signed with this machine's key since its start")
	}
	if json.Unmarshal(payload, &c) != nil || c.Session == "" || c.Nonce == "" || c.Host == "" {
		return c, errors.New("the token's payload lacks something")
	}
	return c, nil
}
