package tlsproxy

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"
)

// pollInterval is how often the files are checked for changes.
const pollInterval = 30 * time.Second

// Files is a certificate that somebody else renews in two files.
type Files struct {
	cert, key string
	log       *slog.Logger
	current   atomic.Pointer[tls.Certificate]
	read      [2]time.Time // modification times of the files that were read; only KeepCurrent's goroutine after Open
}

// OpenFiles reads a certificate with its chain, and its key. Its error is one line with the remedy.
func OpenFiles(cert, key string, log *slog.Logger) (*Files, error) {
	f := &Files{cert: cert, key: key, log: log}
	return f, f.load()
}

// Certificate is the current one.
func (f *Files) Certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return f.current.Load(), nil
}

// KeepCurrent reads the files again when they change. Files that cannot be used leave the certificate before in use.
func (f *Files) KeepCurrent(ctx context.Context) { checkRegularly(ctx, pollInterval, f.check) }

func (f *Files) check() {
	if f.changed() == f.read {
		return
	}
	if err := f.load(); err != nil {
		f.log.Warn("the changed certificate cannot be used; the one before it stays in use", "error", err)
		return
	}
}

func (f *Files) load() error {
	changed := f.changed()
	f.read = changed // files that cannot be used are not tried again until they change
	certificate, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return fmt.Errorf("web.tls_cert, web.tls_key: %w; both must be PEM files that the user petcam can read", err)
	}
	f.current.Store(&certificate)
	f.log.Info("HTTPS certificate", "sha256", Fingerprint(&certificate), "ends", certificate.Leaf.NotAfter)
	return nil
}

// changed says when each of the files was last written; the zero time where that is unknown.
func (f *Files) changed() (at [2]time.Time) {
	for i, path := range []string{f.cert, f.key} {
		if info, err := os.Stat(path); err == nil {
			at[i] = info.ModTime()
		}
	}
	return at
}
