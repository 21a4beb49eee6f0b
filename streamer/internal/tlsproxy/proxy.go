// Package tlsproxy is petcam-web over HTTPS: it ends TLS and passes everything on to petcam-web on this machine, which
// speaks only HTTP. docs/http-api.md, section "HTTPS", is the specification.
//
// Serve's goroutines are those of net/http, which Close ends; Follow runs in its caller's and ends with its context.
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
)

const (
	headerTimeout = 5 * time.Second // also of the TLS handshake
	idleTimeout   = time.Minute
	answerTimeout = 30 * time.Second // until petcam-web's headers; what follows may take for ever
	maxHeader     = 16 << 10
	maxStreams    = 32  // of one HTTP/2 connection
	maxUpstream   = 200 // connections to petcam-web
	purpose       = "petcam-tls-v1"
)

// Certificates gives the certificate that is to be shown.
type Certificates interface {
	Certificate(*tls.ClientHelloInfo) (*tls.Certificate, error)
	Follow(ctx context.Context) // until ctx ends, keeps it good
}

// Front serves HTTPS.
type Front struct {
	Certificates
	server    *http.Server
	transport *http.Transport
}

// New makes a front before the petcam-web that listens at web (host:port). key is the secret that both share.
func New(web string, key []byte, certificates Certificates, log *slog.Logger) *Front {
	transport := &http.Transport{
		DialContext:           (&net.Dialer{Timeout: 2 * time.Second}).DialContext,
		DisableCompression:    true, // what the browser asked for is petcam-web's affair
		MaxConnsPerHost:       maxUpstream,
		MaxIdleConnsPerHost:   8,
		IdleConnTimeout:       30 * time.Second, // before waitress gives up
		ResponseHeaderTimeout: answerTimeout,
	}
	errors := slog.NewLogLogger(log.Handler(), slog.LevelDebug)
	proxy := &httputil.ReverseProxy{
		Rewrite:       rewrite(&url.URL{Scheme: "http", Host: web}, proof(key)),
		Transport:     transport,
		FlushInterval: -1, // at once: events and pictures are worth nothing later
		ErrorLog:      errors,
		ErrorHandler:  unavailable(log),
	}
	server := &http.Server{
		Handler:           bounded(proxy),
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		TLSConfig:         &tls.Config{GetCertificate: certificates.Certificate, MinVersion: tls.VersionTLS12},
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		ErrorLog:          errors,
	}
	return &Front{Certificates: certificates, server: server, transport: transport}
}

// Divert has what is at path, and below it, answered by handler instead of petcam-web. For the time before Serve.
func (f *Front) Divert(path string, handler http.Handler) {
	others := f.server.Handler
	f.server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == path || strings.HasPrefix(r.URL.Path, path+"/") {
			bounded(handler).ServeHTTP(w, r)
			return
		}
		others.ServeHTTP(w, r)
	})
}

// Serve answers connections until Close.
func (f *Front) Serve(listener net.Listener) error { return f.server.ServeTLS(listener, "", "") }

// Close ends all connections, those that do something when ctx ends.
func (f *Front) Close(ctx context.Context) {
	if f.server.Shutdown(ctx) != nil {
		_ = f.server.Close()
	}
	f.transport.CloseIdleConnections()
}

// proof tells petcam-web that what comes with it was passed on by us.
func proof(key []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(purpose))
	return hex.EncodeToString(mac.Sum(nil))
}

// rewrite sends a request to web. What it says about where it comes from is replaced: ReverseProxy has dropped
// Forwarded and X-Forwarded-*.
func rewrite(web *url.URL, proof string) func(*httputil.ProxyRequest) {
	return func(r *httputil.ProxyRequest) {
		r.SetURL(web)
		r.Out.Host = r.In.Host
		from, _ := netip.ParseAddrPort(r.In.RemoteAddr)
		r.Out.Header.Set("X-Forwarded-For", from.Addr().Unmap().WithZone("").String())
		r.Out.Header.Set("X-Forwarded-Proto", "https")
		r.Out.Header.Set("X-Petcam-Tls", proof)
		r.Out.Header.Del("X-Real-Ip")
	}
}
