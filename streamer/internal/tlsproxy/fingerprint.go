package tlsproxy

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"strings"
)

// Fingerprint is the SHA-256 of a certificate, as browsers show it.
func Fingerprint(certificate *tls.Certificate) string {
	sum := sha256.Sum256(certificate.Certificate[0])
	text := strings.ToUpper(hex.EncodeToString(sum[:]))
	var pairs []string
	for i := 0; i < len(text); i += 2 {
		pairs = append(pairs, text[i:i+2])
	}
	return strings.Join(pairs, ":")
}
