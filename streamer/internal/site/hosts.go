package site

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/config"
)

// ownFor is for how long the machine's names and addresses are not asked for again: a page asks several times a second.
const ownFor = 2 * time.Second

const maxHostName = 253 // characters: a name in the DNS is no longer

var hostPattern = regexp.MustCompile(`^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?$`)

// localSuffixes are what home routers put behind a machine's name. No stranger can register below one: docs/security.md
// says why of each.
var localSuffixes = [...]string{
	".lan", ".home", ".home.arpa", ".internal", ".intranet", ".private", ".corp", ".localdomain", ".fritz.box", anyTailnet,
}

// anyTailnet is behind a machine's name, with one label for the star, in a tailnet of Tailscale's.
const anyTailnet = ".*.ts.net"

var inTailnet = regexp.MustCompile(`^([^.]+)\.[^.]+\.ts\.net$`)

// hosts are the names by which petcam may be opened. All others are refused, against DNS rebinding: an address has to be
// this machine's now; a name has to be one that nobody outside can make resolve to this board. tests/host-cases.yaml
// compares it with petcam/web/http/hosts.py.
type hosts struct {
	configured map[string]bool
	machine    func() []string
	addresses  func() ([]net.Addr, error)
	now        func() time.Time

	mu    sync.Mutex // guards what follows
	asked time.Time
	names map[string]bool
	own   map[netip.Addr]bool
}

func newHosts(c config.Config, machine func() []string) *hosts {
	if machine == nil {
		machine = func() []string { return nil }
	}
	h := &hosts{configured: map[string]bool{"localhost": true}, machine: machine, addresses: net.InterfaceAddrs, now: time.Now}
	listed := append(append([]string{}, c.Web.Hosts...), c.WebRTC.ExtraHosts...)
	if public, err := url.Parse(c.Streamer.PublicURL); err == nil {
		listed = append(listed, public.Hostname())
	}
	for _, each := range listed {
		if name := hostName(each); name != "" {
			each = name
		}
		h.configured[strings.ToLower(each)] = true
	}
	return h
}

// hostName is the name in a header Host: lower case, without port and brackets; empty where it is not a valid host.
func hostName(host string) string { return strings.ToLower(strings.Trim(withoutPort(host), "[]")) }

// withoutPort is empty where host is not a valid one.
func withoutPort(host string) string {
	matched := hostPattern.FindStringSubmatch(host)
	if matched == nil || len(matched[1]) > maxHostName {
		return ""
	}
	return matched[1]
}

// HostName is by which name the page was opened; empty where that is not a valid one.
func (r *Request) HostName() string { return hostName(r.Host) }

// refuseForeign runs before anything else that says what petcam is, so that a page under a foreign name does not even get
// the login page.
func (h *hosts) refuseForeign(r *Request) error {
	if h.allow(r.Host) {
		return nil
	}
	name := hostName(r.Host)
	if name == "" {
		name = "that name"
	}
	return apierror.New(apierror.UnknownHost,
		"petcam is not known as %s: open it by its address or as NAME.local, or add the name to web.hosts in "+
			"/etc/petcam/petcam.yaml, then: sudo systemctl restart petcam.target", name).
		WithWords("refusals.unknown_host", "name", name)
}

func (h *hosts) allow(host string) bool {
	name := strings.TrimRight(hostName(host), ".")
	if name == "" {
		return false
	}
	if h.configured[name] || strings.HasSuffix(name, ".local") || strings.HasSuffix(name, ".localhost") {
		return true
	}
	names, own := h.current()
	if matched := inTailnet.FindStringSubmatch(name); matched != nil && names[matched[1]+anyTailnet] {
		return true
	}
	address, err := netip.ParseAddr(name)
	address = address.Unmap()
	return names[name] || err == nil && (address.IsLoopback() || own[address])
}

// current are the machine's names and addresses. Both are made anew, and not changed.
func (h *hosts) current() (names map[string]bool, own map[netip.Addr]bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := h.now(); h.names == nil || now.Sub(h.asked) >= ownFor {
		h.asked, h.names, h.own = now, namesOf(h.machine()), map[netip.Addr]bool{}
		found, _ := h.addresses()
		for _, each := range found {
			prefix, err := netip.ParsePrefix(each.String())
			address := prefix.Addr().Unmap()
			if err == nil && (address.Is4() || !address.IsLinkLocalUnicast()) { // those need a zone, which a Host has not
				h.own[address] = true
			}
		}
	}
	return h.names, h.own
}

// namesOf has of each name also its first part, and that below the suffixes of home networks and of tailnets.
func namesOf(machine []string) map[string]bool {
	all := map[string]bool{}
	for _, full := range machine {
		full = strings.ToLower(full)
		own, _, _ := strings.Cut(full, ".")
		all[full], all[own] = true, true
		for _, suffix := range localSuffixes {
			all[own+suffix] = true
		}
	}
	return all
}
