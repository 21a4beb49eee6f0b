package main

import (
	"log/slog"
	"net"
	"strconv"

	who "petcam/streamer/internal/access" // the name access is taken here
	"petcam/streamer/internal/config"
	"petcam/streamer/internal/offertoken"
	"petcam/streamer/internal/state"
	"petcam/streamer/internal/tlsproxy"
	"petcam/streamer/internal/viewingtoken"
)

// access is what decides who may watch, and the HTTPS proxy. Each may be nil: without verifier and viewing tokens
// everybody may watch, without proxy only HTTP is served. A damaged file of theirs lets nobody in, and ends nothing.
type access struct {
	key      *offertoken.Key
	verifier *offertoken.Verifier
	maker    *offertoken.Maker
	viewing  *viewingtoken.File
	proxy    *tlsproxy.Proxy
}

// openAccess reads the key and reads or makes the certificate.
func openAccess(settings config.Config, log *slog.Logger) (a access) {
	if settings.Auth.Mode == "none" && settings.Web.TLS == "off" {
		return a
	}
	if servesPage(settings) {
		who.NewSecretKey(who.TokenKey, webState(), log) // makes it where there is none; else petcam-web does
	}
	a.key = offertoken.NewKey(state.Directory(), log)
	if settings.Auth.Mode != "none" {
		a.verifier, a.maker = offertoken.New(a.key), offertoken.NewMaker(a.key)
		a.viewing = viewingtoken.New(viewingtoken.Path(state.Directory()), log)
	}
	if settings.Web.TLS != "off" {
		a.proxy = tlsproxy.New(webAddress(settings.Web), a.key.Secret, openCertificates(settings, log), log)
	}
	a.faults() // so that the log has them from the start
	return a
}

// faults are what is damaged, each in one line with the remedy.
func (a access) faults() (all []string) {
	add := func(fault string) {
		if fault != "" {
			all = append(all, fault)
		}
	}
	if a.key != nil {
		add(a.key.Fault())
	}
	if a.viewing != nil {
		add(a.viewing.Fault())
	}
	if a.proxy != nil {
		add(a.proxy.Fault())
	}
	return all
}

func openCertificates(settings config.Config, log *slog.Logger) tlsproxy.Certificates {
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
