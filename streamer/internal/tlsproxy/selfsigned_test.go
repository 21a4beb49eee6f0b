package tlsproxy

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"petcam/streamer/internal/state/statetest"
)

// testMachine is a machine with names and a clock that a test can change.
type testMachine struct {
	directory string
	names     []string
	now       time.Time
}

func newTestMachine(t *testing.T) *testMachine {
	return &testMachine{directory: t.TempDir(), names: []string{"camera.local", "192.168.1.5"}, now: earliestPlausible().Add(200 * day)}
}

func (m *testMachine) open(t *testing.T) *SelfSigned {
	t.Helper()
	return openSelfSigned(&SelfSigned{file: filepath.Join(m.directory, "tls.pem"), log: quiet(),
		names: func() []string { return m.names }, now: func() time.Time { return m.now }})
}

func shown(t *testing.T, certificates *SelfSigned) (leaf *x509.Certificate, fingerprint string) {
	t.Helper()
	certificate, err := certificates.Certificate(nil)
	if err != nil {
		t.Fatal(err)
	}
	return certificate.Leaf, Fingerprint(certificate)
}

// expectNew checks whether a new certificate is made.
func expectNew(t *testing.T, certificates *SelfSigned, what string, want bool) {
	t.Helper()
	_, before := shown(t, certificates)
	certificates.check()
	if _, after := shown(t, certificates); (before != after) != want {
		t.Errorf("%s: made anew is %v", what, before != after)
	}
}

func TestCertificateIsMadeOnceForTheMachinesNamesInAPrivateFile(t *testing.T) {
	m := newTestMachine(t)
	leaf, fingerprint := shown(t, m.open(t))
	for _, name := range []string{"camera.local", "192.168.1.5"} {
		if err := leaf.VerifyHostname(name); err != nil {
			t.Error(err)
		}
	}
	if leaf.NotAfter.Sub(leaf.NotBefore) > 825*day || leaf.NotBefore.After(m.now) || leaf.NotAfter.Before(m.now.Add(365*day)) {
		t.Errorf("from %v to %v", leaf.NotBefore, leaf.NotAfter)
	}
	info, err := os.Stat(filepath.Join(m.directory, "tls.pem"))
	if err != nil || info.Mode() != 0o600 {
		t.Fatal(info, err)
	}
	if files, _ := os.ReadDir(m.directory); len(files) != 1 {
		t.Errorf("%v", files)
	}
	if _, again := shown(t, m.open(t)); again != fingerprint || len(again) != 95 {
		t.Errorf("%s, then %s", fingerprint, again)
	}
}

func TestCertificateIsRenewedBeforeItExpiresAndForANewName(t *testing.T) {
	m := newTestMachine(t)
	certificates := m.open(t)
	expectNew(t, certificates, "at once", false)
	m.names = []string{"camera.local", "192.168.1.6"}
	expectNew(t, certificates, "another address", true)
	m.names = []string{"camera.local", "192.168.1.5"}
	expectNew(t, certificates, "the address before", false)
	m.now = m.now.Add(validity - renewBefore - day)
	expectNew(t, certificates, "two months and a day before the end", false)
	m.now = m.now.Add(2 * day)
	expectNew(t, certificates, "before the end", true)
	leaf, fingerprint := shown(t, certificates)
	if leaf.VerifyHostname("192.168.1.6") != nil || leaf.NotAfter.Before(m.now.Add(365*day)) {
		t.Errorf("%v until %v", namesOf(leaf), leaf.NotAfter)
	}
	if _, kept := shown(t, m.open(t)); kept != fingerprint {
		t.Error("the new certificate is not kept")
	}
}

func TestWrongClockDoesNotRenewTheCertificate(t *testing.T) {
	m := newTestMachine(t)
	right := m.now
	certificates := m.open(t)
	m.now = time.Unix(0, 0)
	expectNew(t, certificates, "in 1970", false)
	_, before := shown(t, certificates)
	if _, after := shown(t, m.open(t)); after != before {
		t.Error("a start in 1970 makes a new certificate")
	}
	m.directory = t.TempDir()
	certificates = m.open(t) // the first start of a board without a clock
	leaf, _ := shown(t, certificates)
	if leaf.NotBefore.After(right) || leaf.NotAfter.Before(right) {
		t.Errorf("made in 1970 it holds from %v to %v", leaf.NotBefore, leaf.NotAfter)
	}
	m.now = right
	expectNew(t, certificates, "once the time is known", false)
	m.now = right.Add(3650 * day)
	expectNew(t, certificates, "ten years on", true)
	m.now = right
	expectNew(t, certificates, "back in the present", true)
}

func TestCertificateIsServedWhereItCannotBeSaved(t *testing.T) {
	m := newTestMachine(t)
	m.directory = filepath.Join(m.directory, "absent")
	if leaf, _ := shown(t, m.open(t)); leaf.VerifyHostname("camera.local") != nil {
		t.Error(namesOf(leaf))
	}
}

func TestDamagedCertificateFileIsReplaced(t *testing.T) {
	m := newTestMachine(t)
	for _, spoilt := range []string{"", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"} {
		write(t, filepath.Join(m.directory, "tls.pem"), []byte(spoilt))
		_, made := shown(t, m.open(t))
		if _, kept := shown(t, m.open(t)); kept != made {
			t.Errorf("%q is not replaced", spoilt)
		}
	}
}

func TestWhateverTheCertificateFileHasBecomeThereIsACertificate(t *testing.T) {
	for name, damage := range statetest.Damages() {
		t.Run(name, func(t *testing.T) {
			m := newTestMachine(t)
			damage(t, filepath.Join(m.directory, "tls.pem"))
			certificates := m.open(t)
			if leaf, _ := shown(t, certificates); leaf.VerifyHostname("camera.local") != nil || certificates.Fault() != "" {
				t.Error(namesOf(leaf), certificates.Fault())
			}
		})
	}
}

func TestNamesAreThoseOfTheMachineOnTheLocalNetwork(t *testing.T) {
	names := strings.Join(Names([]string{"Cam.Example", "10.9.8.7", "spaced name", "ünicode"}), " ")
	for _, want := range []string{"localhost", "127.0.0.1", "cam.example", "10.9.8.7"} {
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
