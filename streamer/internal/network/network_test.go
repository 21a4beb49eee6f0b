package network

import (
	"net/netip"
	"os"
	"testing"

	"go.yaml.in/yaml/v3"
)

func TestAddressesOfOneDeviceCountAsOneNetwork(t *testing.T) {
	text, err := os.ReadFile("../../../tests/network-cases.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct{ Address, Network string }
	if err := yaml.Unmarshal(text, &cases); err != nil || len(cases) == 0 {
		t.Fatal(err, len(cases))
	}
	for _, c := range cases {
		address, _ := netip.ParseAddr(c.Address)
		got := ""
		if prefix := Of(address); prefix.IsValid() {
			got = prefix.String()
		}
		if got != c.Network {
			t.Errorf("%q counts as %q, not as %q", c.Address, got, c.Network)
		}
	}
}
