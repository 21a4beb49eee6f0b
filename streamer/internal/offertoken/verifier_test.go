package offertoken

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// vectors are tests/offer-tokens.json, which petcam-web's tests read too.
type vectors struct {
	KeyHex string `json:"key_hex"`
	BootID string `json:"boot_id"`
	Issued int64
	Tokens []struct{ Payload, Token string }
}

func readVectors(t testing.TB) (v vectors, key []byte) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "tests", "offer-tokens.json"))
	if err == nil {
		err = json.Unmarshal(text, &v)
	}
	if err == nil {
		key, err = hex.DecodeString(v.KeyHex)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v, key
}

// clock is the time that a test wants it to be.
type clock int64

func (c *clock) now() int64 { return int64(*c) }

// open makes a Verifier with the vectors' key, at the time at which they were made.
func open(t testing.TB) (*Verifier, *clock) {
	v, key := readVectors(t)
	c := clock(v.Issued)
	return verifier(key, v.BootID, &c), &c
}

func verifier(key []byte, bootID string, c *clock) *Verifier {
	return newVerifier(func() ([]byte, error) { return key, nil }, func() (string, error) { return bootID, nil }, c.now)
}

// token signs a payload as petcam-web does.
func (g *Verifier) token(payload string) string {
	encode := base64.RawURLEncoding.EncodeToString
	mac, _ := g.sign([]byte(payload))
	return version + "." + encode([]byte(payload)) + "." + encode(mac)
}

// offer is a token for camera.local of a session; change alters its claims.
func (g *Verifier) offer(session, nonce string, change func(*claims)) string {
	c := claims{Expires: g.now() + maxLifetimeMS, Host: "camera.local", Session: session, Until: g.now() + 1e9, Nonce: nonce}
	if change != nil {
		change(&c)
	}
	text, _ := json.Marshal(c)
	return g.token(string(text))
}

func expectRefused(t *testing.T, g *Verifier, why, token string, hosts ...string) {
	t.Helper()
	_, err := g.Accept(token, append(hosts, "camera.local")...)
	if err == nil || !strings.Contains(err.Error(), why) {
		t.Errorf("got %v, want %q", err, why)
	}
}

func expectAccepted(t *testing.T, g *Verifier, token string) Grant {
	t.Helper()
	pass, err := g.Accept(token, "camera.local")
	if err != nil {
		t.Fatal(err)
	}
	return pass
}

func TestTokensOfPetcamWebAreAcceptedOnce(t *testing.T) {
	g, _ := open(t)
	v, _ := readVectors(t)
	for _, c := range v.Tokens {
		if again := g.token(c.Payload); again != c.Token {
			t.Errorf("%s\nis signed as %s,\n      not as %s", c.Payload, again, c.Token)
		}
		var said claims
		if err := json.Unmarshal([]byte(c.Payload), &said); err != nil {
			t.Fatal(err)
		}
		pass, err := g.Accept(c.Token, "other", said.Host)
		if left := time.Until(pass.Until).Milliseconds(); err != nil || pass.Session != said.Session ||
			left > said.Until-v.Issued || left < said.Until-v.Issued-20_000 {
			t.Errorf("%+v, %v", pass, err)
		}
		if _, err := g.Accept(c.Token, said.Host); err == nil || err.Error() != "the token was used before" {
			t.Error(err)
		}
	}
}

func TestTokensNotSignedByPetcamWebAreRefused(t *testing.T) {
	g, _ := open(t)
	good := g.offer("s", "n", nil)
	parts := strings.Split(good, ".")
	v, key := readVectors(t)
	now := clock(g.now())
	otherKey := verifier([]byte(strings.Repeat("k", 32)), v.BootID, &now)
	otherBoot := verifier(key, "another boot", &now)
	for name, token := range map[string]string{
		"none": "", "words": "let me in", "two parts": parts[0] + "." + parts[1], "four parts": good + ".x",
		"another version":      "v2." + parts[1] + "." + parts[2],
		"no signature":         parts[0] + "." + parts[1] + ".",
		"short signature":      good[:len(good)-4],
		"padded":               good + "=",
		"not base64":           parts[0] + ".*." + parts[2],
		"another payload":      parts[0] + "." + parts[1][4:] + "." + parts[2],
		"another installation": otherKey.offer("s", "n", nil),
		"before the last boot": otherBoot.offer("s", "n", nil),
		"not JSON":             g.token("hello"),
		"no session":           g.offer("", "n", nil),
		"no nonce":             g.offer("s", "", nil),
		"no host":              g.offer("s", "n", func(c *claims) { c.Host = "" }),
		"numbers as words":     g.token(`{"expires":"1"}`),
		"huge":                 g.offer(strings.Repeat("s", 4096), "n", nil),
	} {
		if _, err := g.Accept(token, "camera.local", ""); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	expectAccepted(t, g, good) // none of these has used it up
}

func TestTokenIsValidOnlyForItsMinuteHostAndSession(t *testing.T) {
	g, now := open(t)
	begin := *now
	minute := g.offer("s", "1", nil)
	*now = begin + maxLifetimeMS - 1
	expectAccepted(t, g, minute)
	*now = begin + maxLifetimeMS
	expectRefused(t, g, "expired", minute) // although its nonce is forgotten by now
	expectRefused(t, g, "minute ahead", g.offer("s", "2", func(c *claims) { c.Expires++ }))
	expectRefused(t, g, "another host", g.offer("s", "3", func(c *claims) { c.Host = "evil.example" }), "")
	expectRefused(t, g, "expired", g.offer("s", "4", func(c *claims) { c.Until = g.now() }))
}

func TestTokensOfAnEndedSessionAreRefused(t *testing.T) {
	g, now := open(t)
	accepted := expectAccepted(t, g, g.offer("mine", "1", nil))
	before, other := g.offer("mine", "2", nil), g.offer("other", "3", nil)
	g.End("mine")
	expectRefused(t, g, "session has ended", before)
	if !g.Ended(accepted) || g.Ended(expectAccepted(t, g, other)) {
		t.Error("the wrong session has ended")
	}
	all := g.offer("other", "4", nil)
	g.End("")
	expectRefused(t, g, "session has ended", all)
	*now++
	expectAccepted(t, g, g.offer("other", "5", nil))
}

func TestExpiredTokensAndOldSessionsAreForgotten(t *testing.T) {
	g, now := open(t)
	for i := range 100 {
		expectAccepted(t, g, g.offer("s", string(rune('a'+i)), nil))
		g.End(string(rune(0x4e00 + i)))
	}
	*now += maxLifetimeMS
	expectAccepted(t, g, g.offer("s", "last", nil))
	if len(g.used) != 1 || len(g.ended) != 0 {
		t.Errorf("%d nonces and %d sessions are kept", len(g.used), len(g.ended))
	}
}

func TestClockAndBootIDAreThoseOfPetcamWeb(t *testing.T) {
	g := New(NewKey(t.TempDir(), quiet()))
	bootID, err := g.bootID()
	if err != nil || bootID == "" || strings.TrimSpace(bootID) != bootID {
		t.Fatalf("%q, %v", bootID, err)
	}
	begin := g.now()
	eventually := time.After(20 * time.Second)
	for g.now() == begin {
		select {
		case <-eventually:
			t.Fatal("the clock stands still")
		default:
		}
	}
	t.Setenv("PETCAM_BOOT_ID", "given")
	if bootID, err = g.bootID(); err != nil || bootID != "given" {
		t.Fatalf("%q, %v", bootID, err)
	}
}
