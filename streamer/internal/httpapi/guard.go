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

// anyone lets every client in that is not a foreign web page's browser. Browsers name the page in Origin with each
// POST; other programs send none. A page of somebody's own domain, whose name he has pointed at this machine, looks as
// if it were ours: where there are tokens, they are only good for the names that petcam-web goes by; else we look
// ourselves.
func (a *api) anyone(r *http.Request) error {
	if a.Tokens == nil && !a.ownName(r.Host) {
		return apierror.New(apierror.Forbidden, "this machine is not known by that name; add it to webrtc.extra_hosts")
	}
	if origin := r.Header.Get("Origin"); origin != "" && !a.ownPage(origin, r.Host) {
		return apierror.New(apierror.Forbidden, "only petcam's own page may do this")
	}
	return nil
}

// ownName tells whether a Host can be this machine's: an address, a name that no stranger can have in the public DNS
// (without a dot, or below .local), or a name that we were told of.
func (a *api) ownName(host string) bool {
	name := strings.ToLower(strings.TrimSuffix(hostname(host), "."))
	if _, err := netip.ParseAddr(name); err == nil {
		return true
	}
	return !strings.Contains(name, ".") || strings.HasSuffix(name, ".local") || slices.Contains(a.Names, name)
}

// loopback lets in only programs on this machine.
func (a *api) loopback(r *http.Request) error {
	if !remote(r).IsLoopback() {
		return apierror.New(apierror.Forbidden, "only programs on the camera itself may do this")
	}
	return a.direct(r)
}

// scraper lets in who may read the metrics.
func (a *api) scraper(r *http.Request) error {
	from := remote(r)
	if !from.IsLoopback() && !slices.ContainsFunc(a.Scrapers, func(p netip.Prefix) bool { return p.Contains(from) }) {
		return apierror.New(apierror.Forbidden, "only the camera itself and the addresses of streamer.metrics_allow may do this")
	}
	return a.direct(r)
}

// direct refuses what is not asked by a program of the owner's itself. A request that a proxy has passed on is from
// somewhere else, wherever the proxy runs; and no web page, not even petcam's, talks to these paths, nor one that has
// pointed its own name at this machine.
func (a *api) direct(r *http.Request) error {
	for _, passedOn := range []string{"Forwarded", "X-Forwarded-For", "X-Real-Ip", "Via", "Origin"} {
		if r.Header.Get(passedOn) != "" {
			return apierror.New(apierror.Forbidden, "this may not be done through a proxy or by a web page")
		}
	}
	if !a.ownName(r.Host) {
		return apierror.New(apierror.Forbidden, "this machine is not known by that name; use its address")
	}
	return nil
}

// ownPage tells whether origin is petcam-web as the browser sees it: on the host by which the request reached us, at
// petcam-web's port. Behind a reverse proxy it is the origin of the streamer's public URL.
func (a *api) ownPage(origin, host string) bool {
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
