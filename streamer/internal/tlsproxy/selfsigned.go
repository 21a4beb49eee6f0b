package tlsproxy

import (
	"context"
	"crypto/tls"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"
)

// lookEvery is how often it is looked whether the certificate still serves. The first time is a good while after the
// start, when the network has given addresses and the time of day.
const lookEvery = 10 * time.Minute

// Own is a certificate that this machine makes for itself and keeps in a file.
type Own struct {
	file    string
	names   func() []string // by which this machine goes now, addresses among them
	now     func() time.Time
	log     *slog.Logger
	current atomic.Pointer[tls.Certificate]
}

// OpenOwn takes the certificate that is kept in directory, or makes one.
func OpenOwn(directory string, names func() []string, log *slog.Logger) (*Own, error) {
	return openOwn(&Own{file: filepath.Join(directory, "tls.pem"), names: names, now: time.Now, log: log})
}

func openOwn(o *Own) (*Own, error) {
	if kept, err := tls.LoadX509KeyPair(o.file, o.file); err == nil {
		o.use(&kept)
		return o, nil
	} else if !os.IsNotExist(err) {
		o.log.Warn("the kept HTTPS certificate cannot be used; a new one is made", "error", err)
	}
	return o, o.renew()
}

// Certificate is the current one.
func (o *Own) Certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return o.current.Load(), nil
}

// Follow makes a new certificate before the current one ends, and where this machine has got another name.
func (o *Own) Follow(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			o.look()
		case <-ctx.Done():
			return
		}
	}
}

func (o *Own) look() {
	why := o.unfit()
	if why == "" {
		return
	}
	o.log.Info("a new HTTPS certificate is made, which browsers will ask about again", "because", why)
	if err := o.renew(); err != nil {
		o.log.Error("the HTTPS certificate cannot be made", "error", err)
	}
}

// unfit says why the current certificate no longer serves; empty if it does.
func (o *Own) unfit() string {
	leaf, now := o.current.Load().Leaf, o.now()
	switch {
	case now.Before(earliest()): // the clock is wrong: it tells nothing
	case now.Before(leaf.NotBefore):
		return "it was made when the clock was wrong"
	case now.After(leaf.NotAfter.Add(-renewBefore)):
		return "it ends soon"
	}
	for _, name := range o.names() {
		if leaf.VerifyHostname(name) != nil {
			return "it is not for " + name
		}
	}
	return ""
}

// renew makes a certificate for the names of now and those of before: an address may come back.
func (o *Own) renew() error {
	names := o.names()
	if current := o.current.Load(); current != nil {
		names = append(names, namesOf(current.Leaf)...)
	}
	text, err := generate(o.now(), names)
	if err != nil {
		return err
	}
	certificate, err := tls.X509KeyPair(text, text)
	if err != nil {
		return err
	}
	if err := keep(o.file, text); err != nil {
		o.log.Warn("the HTTPS certificate cannot be kept: browsers will ask again after the next start", "error", err)
	}
	o.use(&certificate)
	return nil
}

func (o *Own) use(certificate *tls.Certificate) {
	o.current.Store(certificate)
	o.log.Info("HTTPS certificate of this machine's own", "sha256", Fingerprint(certificate), "ends", certificate.Leaf.NotAfter)
}

// keep writes a file whole or not at all, for its owner only.
func keep(path string, text []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".tls-*") // 0600
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return err
}
