package main

import (
	"log/slog"
	"net"
	"strconv"

	"petcam/streamer/internal/config"
	"petcam/streamer/internal/offertoken"
	"petcam/streamer/internal/state"
	"petcam/streamer/internal/tlsproxy"
	"petcam/streamer/internal/viewingtoken"
)

// access is what decides who may watch, and the HTTPS proxy. Each may be nil: without verifier and viewing tokens
// everybody may watch, without proxy only HTTP is served.
type access struct {
	verifier *offertoken.Verifier
	viewing  *viewingtoken.File
	proxy    *tlsproxy.Proxy
}

// openAccess reads the key and reads or makes the certificate. Its error is one line with the remedy.
func openAccess(settings config.Config, log *slog.Logger) (a access, err error) {
	if settings.Auth.Mode == "none" && settings.Web.TLS == "off" {
		return a, nil
	}
	key, err := offertoken.Key(state.Directory())
	if err != nil {
		return a, err
	}
	if settings.Auth.Mode != "none" {
		if a.verifier, err = offertoken.New(key); err != nil {
			return a, err
		}
		a.viewing = viewingtoken.New(viewingtoken.Path(state.Directory()), log)
	}
	if settings.Web.TLS != "off" {
		certificates, err := openCertificates(settings, log)
		if err != nil {
			return a, err
		}
		a.proxy = tlsproxy.New(webAddress(settings.Web), key, certificates, log)
	}
	return a, nil
}

func openCertificates(settings config.Config, log *slog.Logger) (tlsproxy.Certificates, error) {
	if settings.Web.TLS == "files" {
		return tlsproxy.OpenFiles(settings.Web.TLSCert, settings.Web.TLSKey, log)
	}
	return tlsproxy.OpenSelfSigned(state.Directory(), func() []string { return tlsproxy.Names(hostNames(settings)) }, log)
}

// webAddress is where this machine reaches petcam-web.
func webAddress(web config.Web) string {
	host := web.Host
	if address := net.ParseIP(host); host == "localhost" || address != nil && address.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, strconv.Itoa(web.Port))
}
