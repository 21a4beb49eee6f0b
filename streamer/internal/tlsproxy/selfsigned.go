package tlsproxy

import (
	"context"
	"crypto/tls"
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"time"

	"petcam/streamer/internal/state"
)

// renewalCheckInterval is how often the certificate is checked for renewal. The first check is long enough after the
// start for the machine to have its addresses and the time of day from the network.
const renewalCheckInterval = 10 * time.Minute

// SelfSigned is a certificate that this machine makes for itself and saves in a file.
type SelfSigned struct {
	file    string
	names   func() []string // of this machine now, addresses included
	now     func() time.Time
	log     *slog.Logger
	current atomic.Pointer[tls.Certificate] // nil: none could be made
}

// OpenSelfSigned takes the certificate that is saved in directory, or makes one.
func OpenSelfSigned(directory string, names func() []string, log *slog.Logger) *SelfSigned {
	return openSelfSigned(&SelfSigned{file: filepath.Join(directory, "tls.pem"), names: names, now: time.Now, log: log})
}

func openSelfSigned(s *SelfSigned) *SelfSigned {
	kept, err := s.read()
	if err == nil {
		s.use(&kept)
		return s
	}
	if !errors.Is(err, fs.ErrNotExist) {
		s.log.Warn("the kept HTTPS certificate cannot be used; a new one is made", "error", err)
	}
	s.renew()
	return s
}

func (s *SelfSigned) read() (kept tls.Certificate, err error) {
	text, err := state.Read(s.file, maxPEMBytes)
	if err != nil {
		return kept, err
	}
	return tls.X509KeyPair(text, text)
}

// Certificate is the current one.
func (s *SelfSigned) Certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	if current := s.current.Load(); current != nil {
		return current, nil
	}
	return nil, errNoCertificate
}

// Fault says why there is none; empty: there is one.
func (s *SelfSigned) Fault() string {
	if s.current.Load() != nil {
		return ""
	}
	return "the HTTPS certificate cannot be made: sudo journalctl -u petcam-streamer says why"
}

// KeepCurrent makes a new certificate before the current one expires, and when this machine has got another name.
func (s *SelfSigned) KeepCurrent(ctx context.Context) {
	checkRegularly(ctx, renewalCheckInterval, s.check)
}

func (s *SelfSigned) check() {
	why := s.renewalReason()
	if why == "" {
		return
	}
	s.log.Info("a new HTTPS certificate is made, which browsers will ask about again", "because", why)
	s.renew()
}

// renewalReason says why a new certificate is needed; empty if none is.
func (s *SelfSigned) renewalReason() string {
	current, now := s.current.Load(), s.now()
	if current == nil {
		return "there is none"
	}
	leaf := current.Leaf
	switch {
	case now.Before(earliestPlausible()): // the clock is wrong: it tells nothing
	case now.Before(leaf.NotBefore):
		return "it was made when the clock was wrong"
	case now.After(leaf.NotAfter.Add(-renewBefore)):
		return "it ends soon"
	}
	for _, name := range s.names() {
		if leaf.VerifyHostname(name) != nil {
			return "it is not for " + name
		}
	}
	return ""
}

// renew makes a certificate for the current names and those of the certificate before: an address may come back.
func (s *SelfSigned) renew() {
	names := s.names()
	if current := s.current.Load(); current != nil {
		names = append(names, namesOf(current.Leaf)...)
	}
	text, err := generate(s.now(), names)
	certificate, bad := tls.X509KeyPair(text, text)
	if err = errors.Join(err, bad); err != nil {
		s.log.Error("the HTTPS certificate cannot be made", "error", oneLine(err))
		return
	}
	if err := state.Write(s.file, text); err != nil {
		s.log.Warn("the HTTPS certificate cannot be kept: browsers will ask again after the next start", "error", err)
	}
	s.use(&certificate)
}

func (s *SelfSigned) use(certificate *tls.Certificate) {
	s.current.Store(certificate)
	s.log.Info("HTTPS certificate of this machine's own", "sha256", Fingerprint(certificate), "ends", certificate.Leaf.NotAfter)
}
