// Package offertokentest makes offer tokens for tests, as petcam-web does.
package offertokentest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Claims are what a token says; zero values are filled in by Make.
type Claims struct {
	Expires int64  `json:"expires"`
	Host    string `json:"host"`
	Session string `json:"session"`
	Until   int64  `json:"until"`
	Nonce   string `json:"nonce"`
}

// Now is the clock of tokens, in ms.
func Now() int64 {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &now)
	return time.Duration(now.Nano()).Milliseconds()
}

// Make signs a token with key. Unless c says otherwise it is for 127.0.0.1 and "a session" that goes on for an hour.
func Make(t testing.TB, key []byte, c Claims) string {
	t.Helper()
	c.fill()
	bootID, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("petcam-offer-v1\n" + strings.TrimSpace(string(bootID)) + "\n" + string(payload)))
	encode := base64.RawURLEncoding.EncodeToString
	return "v1." + encode(payload) + "." + encode(mac.Sum(nil))
}

func (c *Claims) fill() {
	if c.Expires == 0 {
		c.Expires = Now() + 60_000
	}
	if c.Until == 0 {
		c.Until = Now() + time.Hour.Milliseconds()
	}
	if c.Host == "" {
		c.Host = "127.0.0.1"
	}
	if c.Session == "" {
		c.Session = "a session"
	}
	if c.Nonce == "" {
		c.Nonce = rand.Text()
	}
}
