package offertoken

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestMadeTokensAreSignedAsPetcamWebSignsThem(t *testing.T) {
	v, key := readVectors(t)
	m := Maker{signer{func() ([]byte, error) { return key, nil }, func() (string, error) { return v.BootID, nil }}, nil}
	for _, each := range v.Tokens {
		mac, err := m.sign([]byte(each.Payload))
		if err != nil || !strings.HasSuffix(each.Token, "."+base64.RawURLEncoding.EncodeToString(mac)) {
			t.Errorf("%s: %x, %v", each.Payload, mac, err)
		}
	}
}

func TestAMadeTokenSaysWhatPetcamWebWouldAndIsAcceptedOnce(t *testing.T) {
	v, key := readVectors(t)
	verifier, clock := open(t)
	*clock = 1_000_000
	m := Maker{signer{func() ([]byte, error) { return key, nil }, func() (string, error) { return v.BootID, nil }}, clock.now}
	token, err := m.Make("fe80::1", "4f1d", 86_400)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var made claims
	if err := json.Unmarshal(payload, &made); err != nil {
		t.Fatal(err)
	}
	example := v.Tokens[2].Payload
	if want := example[:strings.Index(example, `"nonce":"`)] + `"nonce":"` + made.Nonce + `"}`; string(payload) != want || len(made.Nonce) != 32 {
		t.Errorf("it says %s instead of %s", payload, want)
	}
	if _, err := verifier.Accept(token, "another"); err == nil {
		t.Error("it is accepted for another host")
	}
	if _, err := verifier.Accept(token, "fe80::1"); err != nil {
		t.Error(err)
	}
	if _, err := verifier.Accept(token, "fe80::1"); err == nil {
		t.Error("it is accepted twice")
	}
}

func TestWithoutAKeyNoTokenIsMade(t *testing.T) {
	m := Maker{signer{func() ([]byte, error) { return nil, errors.New("no key") }, nil}, sinceBoot}
	if token, err := m.Make("camera", "s", 1); err == nil || token != "" {
		t.Error(token, err)
	}
}
