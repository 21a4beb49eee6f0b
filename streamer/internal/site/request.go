package site

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/network"
)

// Request is a request with what the site knows of it.
type Request struct {
	*http.Request
	Path   string     // as the route has it: without its escapes, one slash at its beginning
	Query  string     // as it came, without "?"
	Root   string     // the path under which a proxy serves petcam; mostly empty
	Secure bool       // it came by HTTPS
	Client string     // the address that it came from, for the log
	From   netip.Addr // the same; invalid where that is none

	site     *Site
	found    found
	body     []byte
	language string   // that something was said in; empty: nothing was
	session  *Session // where isKnown
	isKnown  bool     // the session has been looked up
}

func (s *Site) newRequest(r *http.Request, body []byte) *Request {
	path, query := r.URL.EscapedPath(), r.URL.RawQuery
	if strings.HasPrefix(r.RequestURI, "/") {
		uri, _, _ := strings.Cut(r.RequestURI, "#")
		path, query, _ = strings.Cut(uri, "?")
	}
	request := &Request{Request: r, Query: query, site: s, body: body}
	request.Path = "/" + strings.TrimLeft(decode(unescape(path), replaced), "/")
	s.forwarded.apply(request)
	request.From = parseAddress(request.Client)
	request.found = s.routes.find(request.Path, r.Method)
	return request
}

// SafeMethods change nothing.
var safeMethods = [...]string{http.MethodGet, http.MethodHead, http.MethodOptions}

// IsSafe tells whether the request's method changes nothing.
func (r *Request) IsSafe() bool { return slices.Contains(safeMethods[:], r.Method) }

// Has tells whether the request's route has a mark. A path without a route has none.
func (r *Request) Has(mark Mark) bool { return r.found.route != nil && r.found.route.Marks&mark != 0 }

// Param is what stands in the path for "<name>".
func (r *Request) Param(name string) string {
	if r.found.route != nil {
		if at := slices.Index(r.found.route.names, name); at >= 0 {
			return r.found.values[at]
		}
	}
	return ""
}

// Network is what the request's client counts as in limits.
func (r *Request) Network() string { return networkOf(r.Client) }

// networkOf is the network of an address; what is no address counts as it is.
func networkOf(text string) string {
	plain, _, _ := strings.Cut(text, "%")
	address, err := netip.ParseAddr(plain)
	if err != nil {
		return text
	}
	return network.Of(address).String()
}

// requireText refuses a query that cannot be read as text: browsers escape what is not ASCII.
func (r *Request) requireText() error {
	if !utf8.ValidString(r.Query) {
		return apierror.New(apierror.BadRequest, "the query is not UTF-8")
	}
	return nil
}

// refuseOtherOrigins is against cross-site requests. Browsers send Sec-Fetch-Site, Origin or both; programs such as curl
// send neither and are let through.
func (r *Request) refuseOtherOrigins() error {
	if r.IsSafe() {
		return nil
	}
	_, has := r.Header["Sec-Fetch-Site"]
	site := header(r.Request, "Sec-Fetch-Site")
	foreign := has && site != "same-origin" && site != "none"
	if _, has := r.Header["Origin"]; has {
		_, host, _ := strings.Cut(header(r.Request, "Origin"), "://")
		foreign = foreign || host != r.Host
	}
	if foreign {
		return apierror.New(apierror.Forbidden, "this can only be asked for from petcam's own page").
			WithWords("refusals.foreign_page")
	}
	return nil
}

// isPage tells whether the route is a page's, rather than one for programs or an <img>.
func (r *Request) isPage() bool {
	return !strings.HasPrefix(r.Path, "/api/") && (r.found.route == nil || r.Has(Page))
}

// isForPerson tells whether a person reads the answer, whatever the route.
func (r *Request) isForPerson() bool { return wantsHTML(r.Request) || r.isPage() }
