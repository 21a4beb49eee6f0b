package rtc

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func addresses(text string) (found []netip.AddrPort) {
	for _, one := range strings.Fields(text) {
		found = append(found, netip.MustParseAddrPort(one))
	}
	return found
}

func TestBoundAddressComesFirstAndOtherFamiliesAreLeftOut(t *testing.T) {
	for _, c := range []struct{ bound, extra, want string }{
		{"127.0.0.1:81", "", "127.0.0.1:81"},
		{"127.0.0.1:81", "192.0.2.7 2001:db8::7 127.0.0.1", "127.0.0.1:81 192.0.2.7:81"},
		{"[::1]:81", "192.0.2.7 2001:db8::7", "[::1]:81 [2001:db8::7]:81"},
		{"127.0.0.1:81", "192.0.2.7:9000 192.0.2.7", "127.0.0.1:81 192.0.2.7:9000 192.0.2.7:81"},
		{"[::1]:81", "[2001:db8::7]:9000", "[::1]:81 [2001:db8::7]:9000"},
	} {
		got := newHosts(netip.MustParseAddrPort(c.bound), strings.Fields(c.extra)).all()
		if !slices.Equal(got, addresses(c.want)) {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}

func TestUnspecifiedAddressMeansAllAddressesOfItsFamily(t *testing.T) {
	for _, bound := range []string{"0.0.0.0:81", "[::]:81"} {
		h := newHosts(netip.MustParseAddrPort(bound), []string{"192.0.2.7"})
		all := h.all()
		if len(all) < 2 || !slices.Contains(all, netip.MustParseAddrPort("192.0.2.7:81")) {
			t.Errorf("%s: %v", bound, all)
		}
		for _, a := range all {
			if a.Addr().IsUnspecified() || (bound == "0.0.0.0:81" && a.Addr().Is6()) {
				t.Errorf("%s: %v", bound, all)
			}
		}
	}
}
