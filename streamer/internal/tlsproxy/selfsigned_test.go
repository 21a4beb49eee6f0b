package tlsproxy

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// home is a machine with names and a clock that a test can change.
type home struct {
	directory string
	names     []string
	now       time.Time
}

func newHome(t *testing.T) *home {
	return &home{directory: t.TempDir(), names: []string{"camera.local", "192.168.1.5"}, now: earliest().Add(200 * day)}
}

func (h *home) open(t *testing.T) *Own {
	t.Helper()
	own, err := openOwn(&Own{file: filepath.Join(h.directory, "tls.pem"), log: quiet(),
		names: func() []string { return h.names }, now: func() time.Time { return h.now }})
	if err != nil {
		t.Fatal(err)
	}
	return own
}

func shown(t *testing.T, own *Own) (leaf *x509.Certificate, fingerprint string) {
	t.Helper()
	certificate, err := own.Certificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	return certificate.Leaf, Fingerprint(certificate)
}

// expectNew looks whether a certificate is made anew.
func expectNew(t *testing.T, own *Own, what string, want bool) {
	t.Helper()
	_, before := shown(t, own)
	own.look()
	if _, after := shown(t, own); (before != after) != want {
		t.Errorf("%s: made anew is %v", what, before != after)
	}
}

func TestCertificateIsMadeOnceForTheMachinesNamesAndKeptPrivate(t *testing.T) {
	h := newHome(t)
	leaf, fingerprint := shown(t, h.open(t))
	for _, name := range []string{"camera.local", "192.168.1.5"} {
		if err := leaf.VerifyHostname(name); err != nil {
			t.Error(err)
		}
	}
	if leaf.NotAfter.Sub(leaf.NotBefore) > 825*day || leaf.NotBefore.After(h.now) || leaf.NotAfter.Before(h.now.Add(365*day)) {
		t.Errorf("from %v to %v", leaf.NotBefore, leaf.NotAfter)
	}
	info, err := os.Stat(filepath.Join(h.directory, "tls.pem"))
	if err != nil || info.Mode() != 0o600 {
		t.Fatal(info, err)
	}
	if files, _ := os.ReadDir(h.directory); len(files) != 1 {
		t.Errorf("%v", files)
	}
	if _, again := shown(t, h.open(t)); again != fingerprint || len(again) != 95 {
		t.Errorf("%s, then %s", fingerprint, again)
	}
}

func TestCertificateIsRenewedBeforeItEndsAndForANewName(t *testing.T) {
	h := newHome(t)
	own := h.open(t)
	expectNew(t, own, "at once", false)
	h.names = []string{"camera.local", "192.168.1.6"}
	expectNew(t, own, "another address", true)
	h.names = []string{"camera.local", "192.168.1.5"}
	expectNew(t, own, "the address before", false)
	h.now = h.now.Add(lasting - renewBefore - day)
	expectNew(t, own, "two months and a day before the end", false)
	h.now = h.now.Add(2 * day)
	expectNew(t, own, "before the end", true)
	leaf, fingerprint := shown(t, own)
	if leaf.VerifyHostname("192.168.1.6") != nil || leaf.NotAfter.Before(h.now.Add(365*day)) {
		t.Errorf("%v until %v", namesOf(leaf), leaf.NotAfter)
	}
	if _, kept := shown(t, h.open(t)); kept != fingerprint {
		t.Error("the new certificate is not kept")
	}
}

func TestWrongClockChangesNothingThatBrowsersWouldNotice(t *testing.T) {
	h := newHome(t)
	right := h.now
	own := h.open(t)
	h.now = time.Unix(0, 0)
	expectNew(t, own, "in 1970", false)
	_, before := shown(t, own)
	if _, after := shown(t, h.open(t)); after != before {
		t.Error("a start in 1970 makes a new certificate")
	}
	h.directory = t.TempDir()
	own = h.open(t) // the first start of a board without a clock
	leaf, _ := shown(t, own)
	if leaf.NotBefore.After(right) || leaf.NotAfter.Before(right) {
		t.Errorf("made in 1970 it holds from %v to %v", leaf.NotBefore, leaf.NotAfter)
	}
	h.now = right
	expectNew(t, own, "once the time is known", false)
	h.now = right.Add(3650 * day)
	expectNew(t, own, "ten years on", true)
	h.now = right
	expectNew(t, own, "back in the present", true)
}

func TestCertificateIsServedEvenWhereItCannotBeKept(t *testing.T) {
	h := newHome(t)
	h.directory = filepath.Join(h.directory, "absent")
	if leaf, _ := shown(t, h.open(t)); leaf.VerifyHostname("camera.local") != nil {
		t.Error(namesOf(leaf))
	}
}

func TestSpoiltFileIsReplaced(t *testing.T) {
	h := newHome(t)
	for _, spoilt := range []string{"", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"} {
		write(t, filepath.Join(h.directory, "tls.pem"), []byte(spoilt))
		_, made := shown(t, h.open(t))
		if _, kept := shown(t, h.open(t)); kept != made {
			t.Errorf("%q is not replaced", spoilt)
		}
	}
}

func TestNamesAreWhatABrowserAtHomeUses(t *testing.T) {
	names := strings.Join(Names([]string{"Cam.Example", "10.9.8.7", "spaced name", "ünicode"}), " ")
	host, _ := os.Hostname()
	for _, want := range []string{"localhost", "127.0.0.1", "cam.example", "10.9.8.7", strings.ToLower(host)} {
		if !strings.Contains(names+" ", want+" ") {
			t.Errorf("no %s in %s", want, names)
		}
	}
	if strings.Contains(names, "spaced") || strings.Contains(names, "nicode") {
		t.Error(names)
	}
	certificate, err := generate(time.Now(), Names(nil))
	if err != nil || len(certificate) == 0 {
		t.Error(err)
	}
}
