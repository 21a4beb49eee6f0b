package tlsproxy

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"slices"
	"time"
)

const (
	day         = 24 * time.Hour
	backdated   = 30 * day  // how far the clocks of browsers may be behind
	validity    = 790 * day // with backdated below the 825 days that Apple's devices accept
	renewBefore = 60 * day
	maxNames    = 64
)

// earliestPlausible is a time that is certainly in the past: boards without a clock battery start before it.
func earliestPlausible() time.Time { return time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC) }

// generate makes a self-signed certificate with its key, both PEM.
func generate(now time.Time, names []string) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	if now.Before(earliestPlausible()) {
		now = earliestPlausible()
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "petcam"},
		NotBefore:    now.Add(-backdated),
		NotAfter:     now.Add(validity),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},

		BasicConstraintsValid: true,
	}
	template.DNSNames, template.IPAddresses = splitNames(names)
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return slices.Concat(
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})), nil
}

// splitNames sorts names into host names and addresses, each once, the first maxNames of them.
func splitNames(names []string) (hosts []string, addresses []net.IP) {
	seen := map[string]bool{}
	for _, name := range names {
		if seen[name] || len(seen) == maxNames {
			continue
		}
		seen[name] = true
		if address := net.ParseIP(name); address != nil {
			addresses = append(addresses, address)
		} else {
			hosts = append(hosts, name)
		}
	}
	return hosts, addresses
}

// namesOf are those of a certificate, addresses among them.
func namesOf(certificate *x509.Certificate) []string {
	names := slices.Clone(certificate.DNSNames)
	for _, address := range certificate.IPAddresses {
		names = append(names, address.String())
	}
	return names
}
