package tlsproxy

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
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
	f, err := OpenFiles(cert, key, quiet())
	if err != nil {
		t.Fatal(err)
	}
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

func TestUnusableFilesAreReportedInOneLine(t *testing.T) {
	cert, key := filepath.Join(t.TempDir(), "cert"), filepath.Join(t.TempDir(), "key")
	for range 2 {
		_, err := OpenFiles(cert, key, quiet())
		if err == nil || !strings.HasPrefix(err.Error(), "web.tls_cert, web.tls_key: ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v", err)
		}
		write(t, cert, []byte("nothing"))
		write(t, key, []byte("nothing"))
	}
}
