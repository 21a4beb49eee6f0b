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

// access is how viewers come in: browsers past the gate, programs by viewing tokens, and over HTTPS. Each may be nil:
// everybody may watch, only HTTP is served.
type access struct {
	gate    *offertoken.Gate
	viewing *viewingtoken.File
	front   *tlsproxy.Front
}

// openAccess reads or makes what access needs of keys. Its error is one line with the remedy.
func openAccess(settings config.Config, log *slog.Logger) (a access, err error) {
	if settings.Auth.Mode == "none" && settings.Web.TLS == "off" {
		return a, nil
	}
	key, err := offertoken.Key(state.Directory())
	if err != nil {
		return a, err
	}
	if settings.Auth.Mode != "none" {
		if a.gate, err = offertoken.New(key); err != nil {
			return a, err
		}
		a.viewing = viewingtoken.New(viewingtoken.Path(state.Directory()), log)
	}
	if settings.Web.TLS != "off" {
		certificates, err := openCertificates(settings, log)
		if err != nil {
			return a, err
		}
		a.front = tlsproxy.New(webAddress(settings.Web), key, certificates, log)
	}
	return a, nil
}

func openCertificates(settings config.Config, log *slog.Logger) (tlsproxy.Certificates, error) {
	if settings.Web.TLS == "files" {
		return tlsproxy.OpenFiles(settings.Web.TLSCert, settings.Web.TLSKey, log)
	}
	more := settings.WebRTC.ExtraHosts
	return tlsproxy.OpenOwn(state.Directory(), func() []string { return tlsproxy.Names(more) }, log)
}

// webAddress is where this machine reaches petcam-web.
func webAddress(web config.Web) string {
	host := web.Host
	if address := net.ParseIP(host); host == "localhost" || address != nil && address.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, strconv.Itoa(web.Port))
}
