package tlsproxy

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"petcam/streamer/internal/state/statetest"
)

// put writes a certificate for name into cert and key, as of a moment.
func put(t *testing.T, cert, key, name string, at time.Time) {
	t.Helper()
	text, err := generate(time.Now(), []string{name})
	if err != nil {
		t.Fatal(err)
	}
	end := bytes.Index(text, []byte("-----BEGIN PRIVATE"))
	write(t, cert, text[:end])
	write(t, key, text[end:])
	for _, path := range []string{cert, key} {
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFilesAreReadAgainWhenTheyChange(t *testing.T) {
	cert, key := filepath.Join(t.TempDir(), "cert"), filepath.Join(t.TempDir(), "key")
	put(t, cert, key, "one.example", time.Unix(1, 0))
	f := OpenFiles(cert, key, quiet())
	expect := func(name string) {
		t.Helper()
		f.check()
		if certificate, _ := f.Certificate(nil); certificate.Leaf.VerifyHostname(name) != nil {
			t.Errorf("it is not for %s but for %v", name, certificate.Leaf.DNSNames)
		}
	}
	expect("one.example")
	put(t, cert, key, "two.example", time.Unix(2, 0))
	expect("two.example")
	write(t, cert, []byte("half a certificate"))
	expect("two.example")
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	expect("two.example")
	put(t, cert, key, "three.example", time.Unix(3, 0))
	expect("three.example")
}

func TestFilesThatCannotBeUsedAreReportedInOneLineAndTakenOnceTheyCan(t *testing.T) {
	for name, damage := range statetest.Damages() {
		t.Run(name, func(t *testing.T) {
			cert, key := filepath.Join(t.TempDir(), "cert"), filepath.Join(t.TempDir(), "key")
			damage(t, cert)
			var log strings.Builder
			f := OpenFiles(cert, key, slog.New(slog.NewTextHandler(&log, nil)))
			for range 3 {
				f.check()
			}
			if !strings.HasPrefix(f.Fault(), "web.tls_cert, web.tls_key: ") || strings.Contains(f.Fault(), "\n") {
				t.Errorf("%q", f.Fault())
			}
			if strings.Count(log.String(), "\n") != 1 {
				t.Errorf("the log says %s", &log)
			}
			if _, err := f.Certificate(nil); err == nil {
				t.Error("it has a certificate")
			}
			if err := os.RemoveAll(cert); err != nil {
				t.Fatal(err)
			}
			put(t, cert, key, "one.example", time.Unix(1, 0))
			f.check()
			if _, err := f.Certificate(nil); err != nil || f.Fault() != "" {
				t.Errorf("%v, %s", err, f.Fault())
			}
		})
	}
}
