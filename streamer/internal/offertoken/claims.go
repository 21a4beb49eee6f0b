package offertoken

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	version       = "v1"
	purpose       = "petcam-offer-v1"
	maxTokenBytes = 2 << 10 // petcam-web's have some 400
)

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

// sign fails where there is no key, or the machine's start is unknown.
func (v *Verifier) sign(payload []byte) ([]byte, error) {
	key, err := v.key()
	if err != nil {
		return nil, err
	}
	bootID, err := v.bootID()
	if err != nil {
		return nil, fmt.Errorf("the machine's boot id is unknown; set PETCAM_BOOT_ID: %w", err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(purpose + "\n" + bootID + "\n"))
	mac.Write(payload)
	return mac.Sum(nil), nil
}

// readBootID takes $PETCAM_BOOT_ID, which petcam's systemd units set as they hide /proc/sys.
func readBootID() (string, error) {
	if given := os.Getenv("PETCAM_BOOT_ID"); given != "" {
		return given, nil
	}
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	return strings.TrimSpace(string(text)), err
}

// sinceBoot is CLOCK_BOOTTIME in ms.
func sinceBoot() int64 {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &now) // fails only for clocks that do not exist
	return time.Duration(now.Nano()).Milliseconds()
}
