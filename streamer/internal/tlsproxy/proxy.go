// Package tlsproxy is petcam-web over HTTPS: it terminates TLS and forwards all requests to petcam-web on this machine,
// which speaks only HTTP. docs/http-api.md, section "HTTPS", is the specification. It imports fairshare and
// state.
//
// Serve's goroutines are those of net/http, which Close ends; KeepCurrent runs in its caller's and ends with its
// context.
package tlsproxy

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"petcam/streamer/internal/fairshare"
)

const (
	headerTimeout = 5 * time.Second // also of the TLS handshake
	idleTimeout   = time.Minute
	answerTimeout = 30 * time.Second // until petcam-web's headers; the body may take for ever
	maxUpstream   = 200              // connections to petcam-web
	proofPurpose  = "petcam-tls-v1"
)

// Certificates gives the server's certificate.
type Certificates interface {
	Certificate(*tls.ClientHelloInfo) (*tls.Certificate, error)
	Fault() string                   // why there is none, and what to do; empty: there is one
	KeepCurrent(ctx context.Context) // renews it or reads it again where that is due, until ctx ends
}

// checkRegularly calls check at each interval until ctx ends.
func checkRegularly(ctx context.Context, interval time.Duration, check func()) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			check()
		case <-ctx.Done():
			return
		}
	}
}

// Proxy serves HTTPS.
type Proxy struct {
	Certificates
	server    *http.Server
	transport *http.Transport
	requests  *fairshare.Requests
}

// New makes a Proxy for the petcam-web that listens at web (host:port). key gives the secret that both share; without it
// nothing is passed on.
func New(web string, key func() ([]byte, error), certificates Certificates, log *slog.Logger) *Proxy {
	transport := &http.Transport{
		DialContext:           (&net.Dialer{Timeout: 2 * time.Second}).DialContext,
		DisableCompression:    true, // the browser's Accept-Encoding goes to petcam-web as it is
		MaxConnsPerHost:       maxUpstream,
		MaxIdleConnsPerHost:   8,
		IdleConnTimeout:       30 * time.Second, // shorter than waitress's own
		ResponseHeaderTimeout: answerTimeout,
	}
	errors := slog.NewLogLogger(log.Handler(), slog.LevelDebug)
	proxy := &httputil.ReverseProxy{
		Rewrite:       rewrite(&url.URL{Scheme: "http", Host: web}),
		Transport:     transport,
		FlushInterval: -1, // at once: events and pictures must not wait in a buffer
		ErrorLog:      errors,
		ErrorHandler:  unavailable(log),
	}
	requests := fairshare.NewRequests(maxRequestBytes, requestShare, requestBytes)
	server := &http.Server{
		Handler:           requests.Handler(withLimits(withProof(key, proxy))),
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		TLSConfig:         &tls.Config{GetCertificate: certificates.Certificate, MinVersion: tls.VersionTLS12},
		HTTP2:             http2Limits(),
		ConnContext:       fairshare.ConnContext,
		ErrorLog:          errors,
	}
	return &Proxy{Certificates: certificates, server: server, transport: transport, requests: requests}
}

// Handle has requests for path, and paths below it, answered by handler instead of petcam-web. Call it before Serve.
func (p *Proxy) Handle(path string, handler http.Handler) {
	others := p.server.Handler
	handler = p.requests.Handler(withLimits(handler))
	p.server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == path || strings.HasPrefix(r.URL.Path, path+"/") {
			handler.ServeHTTP(w, r)
			return
		}
		others.ServeHTTP(w, r)
	})
}

// Serve answers connections until Close.
func (p *Proxy) Serve(listener net.Listener) error { return p.server.ServeTLS(listener, "", "") }

// Close ends all connections, those with a request when ctx ends.
func (p *Proxy) Close(ctx context.Context) {
	if p.server.Shutdown(ctx) != nil {
		_ = p.server.Close()
	}
	p.transport.CloseIdleConnections()
}

// proofKey is where a request's context has its proof.
type proofKey struct{}

// withProof has next answer where petcam-web will know who forwards the request.
func withProof(key func() ([]byte, error), next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secret, err := key()
		if err != nil {
			writeUnavailable(w, r, http.StatusServiceUnavailable, noKey())
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), proofKey{}, proof(secret))))
	})
}

// proof is the value of the header by which petcam-web knows that a request was forwarded by this Proxy.
func proof(key []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(proofPurpose))
	return hex.EncodeToString(mac.Sum(nil))
}

// rewrite sends a request to web. Its own claims about where it comes from are replaced: ReverseProxy has already
// dropped Forwarded and X-Forwarded-*.
func rewrite(web *url.URL) func(*httputil.ProxyRequest) {
	return func(r *httputil.ProxyRequest) {
		r.SetURL(web)
		r.Out.Host = r.In.Host
		from, _ := netip.ParseAddrPort(r.In.RemoteAddr)
		r.Out.Header.Set("X-Forwarded-For", from.Addr().Unmap().WithZone("").String())
		r.Out.Header.Set("X-Forwarded-Proto", "https")
		proof, _ := r.In.Context().Value(proofKey{}).(string)
		r.Out.Header.Set("X-Petcam-Tls", proof)
		r.Out.Header.Del("X-Real-Ip")
	}
}
