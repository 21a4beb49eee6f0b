package tlsproxy

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"petcam/streamer/internal/state"
)

const (
	pollInterval = 30 * time.Second // how often the files are checked for changes
	maxPEMBytes  = 256 << 10        // of each file
)

// errNoCertificate ends a handshake.
var errNoCertificate = errors.New("there is no certificate")

// Files is a certificate that somebody else renews in two files.
type Files struct {
	log       *slog.Logger
	current   atomic.Pointer[tls.Certificate] // nil: the files were never good
	fault     atomic.Pointer[string]
	cert, key state.File // only KeepCurrent's goroutine after OpenFiles
}

// OpenFiles reads a certificate with its chain, and its key. Until they can be used there is no HTTPS.
func OpenFiles(cert, key string, log *slog.Logger) *Files {
	f := &Files{log: log, cert: pemFile(cert), key: pemFile(key)}
	f.check()
	return f
}

// pemFile may be a link: certbot's are.
func pemFile(path string) state.File {
	return state.File{Path: path, MaxBytes: maxPEMBytes, Links: true}
}

// Certificate is the current one.
func (f *Files) Certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if current := f.current.Load(); current != nil {
		return current, nil
	}
	return nil, errNoCertificate
}

// Fault says why the files cannot be used, and what to do; empty: they can.
func (f *Files) Fault() string {
	if fault := f.fault.Load(); fault != nil {
		return *fault
	}
	return ""
}

// KeepCurrent reads the files again when they change. Files that cannot be used leave the certificate before in use.
func (f *Files) KeepCurrent(ctx context.Context) { checkRegularly(ctx, pollInterval, f.check) }

func (f *Files) check() {
	cert, certChanged, certErr := f.cert.Text()
	key, keyChanged, keyErr := f.key.Text()
	if !certChanged && !keyChanged {
		return
	}
	err := errors.Join(certErr, keyErr)
	if err == nil {
		err = f.use(cert, key)
	}
	if err == nil {
		f.fault.Store(nil)
		return
	}
	instead := "there is no HTTPS until then"
	if f.current.Load() != nil {
		instead = "the certificate before stays in use"
	}
	fault := fmt.Sprintf("web.tls_cert, web.tls_key: %s; both must be PEM files that the user petcam can read, %s", oneLine(err), instead)
	f.fault.Store(&fault)
	f.log.Warn(fault)
}

func (f *Files) use(cert, key []byte) error {
	certificate, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return err
	}
	f.current.Store(&certificate)
	f.log.Info("HTTPS certificate", "sha256", Fingerprint(&certificate), "ends", certificate.Leaf.NotAfter)
	return nil
}

// oneLine is the text of an error that errors.Join may have made.
func oneLine(err error) string { return strings.ReplaceAll(err.Error(), "\n", "; ") }
