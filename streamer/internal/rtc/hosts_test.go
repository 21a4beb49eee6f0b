package rtc

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func addresses(text string) (found []netip.Addr) {
	for _, one := range strings.Fields(text) {
		found = append(found, netip.MustParseAddr(one))
	}
	return found
}

func TestBoundAddressComesFirstAndOtherFamiliesAreLeftOut(t *testing.T) {
	for _, c := range []struct{ bound, extra, want string }{
		{"127.0.0.1", "", "127.0.0.1"},
		{"127.0.0.1", "192.0.2.7 2001:db8::7 127.0.0.1", "127.0.0.1 192.0.2.7"},
		{"::1", "192.0.2.7 2001:db8::7", "::1 2001:db8::7"},
	} {
		got := newHosts(netip.MustParseAddr(c.bound), strings.Fields(c.extra)).all()
		if !slices.Equal(got, addresses(c.want)) {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}

func TestUnspecifiedAddressMeansAllAddressesOfItsFamily(t *testing.T) {
	for _, bound := range []string{"0.0.0.0", "::"} {
		h := newHosts(netip.MustParseAddr(bound), []string{"192.0.2.7"})
		all := h.all()
		if len(all) < 2 || !slices.Contains(all, netip.MustParseAddr("192.0.2.7")) {
			t.Errorf("%s: %v", bound, all)
		}
		for _, a := range all {
			if a.IsUnspecified() || (bound == "0.0.0.0" && a.Is6()) {
				t.Errorf("%s: %v", bound, all)
			}
		}
	}
}
