package httpapi

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"petcam/streamer/internal/apierror"
)

// remote is the address that a request came from; invalid if there is none.
func remote(r *http.Request) netip.Addr {
	from, _ := netip.ParseAddrPort(r.RemoteAddr)
	return from.Addr().Unmap()
}

// noForeignPage refuses browsers with another site's page. A browser sends the page's Origin with each POST; other
// programs send none. By DNS rebinding a foreign page can have our Origin and Host (its own domain, resolved to this
// machine's address): offer tokens are only valid for petcam-web's host names, and without tokens the Host is checked
// here.
func (a *api) noForeignPage(r *http.Request) error {
	if a.Tokens == nil && !a.isOwnHost(r.Host) {
		return apierror.New(apierror.Forbidden, "this machine is not known by that name; add it to webrtc.extra_hosts")
	}
	if origin := r.Header.Get("Origin"); origin != "" && !a.isOwnPage(origin, r.Host) {
		return apierror.New(apierror.Forbidden, "only petcam's own page may do this")
	}
	return nil
}

// isOwnHost tells whether a Host can be this machine's: an address, a name that no stranger can have in the public DNS
// (without a dot, or below .local or .localhost), or a name that we were told of. tests/host-cases.yaml compares this
// with what the page answers; docs/security.md says where they differ and why.
func (a *api) isOwnHost(host string) bool {
	name := strings.ToLower(strings.TrimRight(hostname(host), "."))
	if address, err := netip.ParseAddr(name); err == nil {
		return !address.IsUnspecified()
	}
	return !strings.Contains(name, ".") || strings.HasSuffix(name, ".local") || strings.HasSuffix(name, ".localhost") ||
		a.Names != nil && slices.ContainsFunc(a.Names(), func(own string) bool { return isNamed(own, name) })
}

// isNamed tells whether name is own, in which a "*" stands for one label.
func isNamed(own, name string) bool {
	before, after, hasStar := strings.Cut(own, "*")
	if !hasStar {
		return own == name
	}
	rest, begins := strings.CutPrefix(name, before)
	label, ends := strings.CutSuffix(rest, after)
	return begins && ends && label != "" && !strings.Contains(label, ".")
}

// loopback allows only programs on this machine.
func (a *api) loopback(r *http.Request) error {
	if !remote(r).IsLoopback() {
		return apierror.New(apierror.Forbidden, "only programs on the camera itself may do this")
	}
	return a.noProxyOrPage(r)
}

// metricsClient allows only clients that may read the metrics.
func (a *api) metricsClient(r *http.Request) error {
	from := remote(r)
	if !from.IsLoopback() && !slices.ContainsFunc(a.Scrapers, func(p netip.Prefix) bool { return p.Contains(from) }) {
		return apierror.New(apierror.Forbidden, "only the camera itself and the addresses of streamer.metrics_allow may do this")
	}
	return a.noProxyOrPage(r)
}

// noProxyOrPage refuses requests that a proxy has forwarded, as they come from elsewhere although the proxy may run
// here, and those of any web page, petcam's included, which have no business at these paths. The Host is checked
// against DNS rebinding, as GET requests have no Origin.
func (a *api) noProxyOrPage(r *http.Request) error {
	if isForwardedOrByPage(r) {
		return apierror.New(apierror.Forbidden, "this may not be done through a proxy or by a web page")
	}
	if !a.isOwnHost(r.Host) {
		return apierror.New(apierror.Forbidden, "this machine is not known by that name; use its address")
	}
	return nil
}

func isForwardedOrByPage(r *http.Request) bool {
	return slices.ContainsFunc([]string{"Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via", "Origin"},
		func(header string) bool { return r.Header.Get(header) != "" })
}

// isOwnPage tells whether origin is petcam-web as the browser sees it: the request's host, at petcam-web's port. Behind
// a reverse proxy it is the origin of the streamer's public URL.
func (a *api) isOwnPage(origin, host string) bool {
	page, err := url.Parse(origin)
	if err != nil {
		return false
	}
	if public, err := url.Parse(a.PublicURL); err == nil && a.PublicURL != "" && sameOrigin(page, public) {
		return true
	}
	return port(page) == strconv.Itoa(a.WebPort) && strings.EqualFold(page.Hostname(), hostname(host))
}

func sameOrigin(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

// port is that of an origin; empty if it is none of a web page.
func port(page *url.URL) string {
	switch {
	case page.Scheme != "http" && page.Scheme != "https":
		return ""
	case page.Port() != "":
		return page.Port()
	case page.Scheme == "https":
		return "443"
	}
	return "80"
}

// hostname is a Host header without its port.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return strings.Trim(host, "[]")
}
