package site

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net"
	"net/netip"
	"regexp"
	"strings"

	"petcam/streamer/internal/config"
)

// proofPurpose is what the TLS proxy's proof is of.
const proofPurpose = "petcam-tls-v1"

// TLSProof is what petcam's TLS proxy sends to show that it is petcam's; key is token.key.
func TLSProof(key []byte) string {
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte(proofPurpose))
	return hex.EncodeToString(mac.Sum(nil))
}

// forwarded uses the X-Forwarded-* headers of proxies that are trusted: petcam's own for HTTPS, which comes from this
// machine with a proof, and those of web.trusted_proxies, whose path alone is taken. From all other clients these headers
// are nothing: a client could choose the address that is throttled and logged, or pass for this machine.
type forwarded struct {
	own     netip.Addr // a connection of this machine to its own address comes from that same address
	proxies []netip.Prefix
	proof   func() string
}

func newForwarded(web config.Web, proof func() string) forwarded {
	f := forwarded{own: parseAddress(web.Host), proof: proof}
	for _, each := range web.TrustedProxies {
		if network, err := config.Network(each); err == nil { // others have not passed the configuration
			f.proxies = append(f.proxies, network.Masked())
		}
	}
	return f
}

// apply says who the client is, whether it speaks HTTPS, and under which path.
func (f *forwarded) apply(r *Request) {
	peer := r.RemoteAddr
	if host, _, err := net.SplitHostPort(peer); err == nil {
		peer = host
	}
	r.Client, r.Secure = peer, r.TLS != nil
	if !f.isTLSProxy(peer, header(r.Request, "X-Petcam-Tls")) && !f.isProxy(peer) {
		return
	}
	chain := header(r.Request, "X-Forwarded-For")
	r.Client = f.client(chain, peer)
	r.Secure = r.Secure || strings.EqualFold(last(header(r.Request, "X-Forwarded-Proto")), "https")
	if f.isProxy(peer) || f.isProxy(last(chain)) {
		r.Root = prefix(header(r.Request, "X-Forwarded-Prefix"))
	}
}

func (f *forwarded) isTLSProxy(peer, proof string) bool {
	address := parseAddress(peer)
	if f.proof == nil || !address.IsValid() || !address.IsLoopback() && address != f.own {
		return false
	}
	want := f.proof()
	return want != "" && subtle.ConstantTimeCompare([]byte(proof), []byte(want)) == 1
}

func (f *forwarded) isProxy(text string) bool {
	address := parseAddress(text)
	for _, proxy := range f.proxies {
		if proxy.Contains(address) {
			return true
		}
	}
	return false
}

// client is the last address in chain that is not a trusted proxy; what is before it is only the client's claim.
func (f *forwarded) client(chain, peer string) string {
	parts := strings.Split(chain, ",")
	for at := len(parts) - 1; at >= 0; at-- {
		address := strings.TrimSpace(parts[at])
		if !parseAddress(address).IsValid() {
			return peer
		}
		if !f.isProxy(address) {
			return address
		}
		peer = address
	}
	return peer
}

// last is what is behind the last comma.
func last(list string) string { return strings.TrimSpace(list[strings.LastIndex(list, ",")+1:]) }

const maxPrefixBytes = 200

var prefixPattern = regexp.MustCompile(`^(?:/[A-Za-z0-9._~-]+)+/?$`)

// prefix is the path, without a slash at its end; empty where it is none that is safe in every address of a page.
func prefix(said string) string {
	if len(said) > maxPrefixBytes || !prefixPattern.MatchString(said) {
		return ""
	}
	said = strings.TrimSuffix(said, "/")
	for _, part := range strings.Split(said, "/") {
		if part == "." || part == ".." {
			return ""
		}
	}
	return said
}

// parseAddress reads an address as it stands in a header; invalid where it is none.
func parseAddress(text string) netip.Addr {
	plain, _, _ := strings.Cut(strings.Trim(text, "[]"), "%")
	address, _ := netip.ParseAddr(plain)
	return address.Unmap()
}
