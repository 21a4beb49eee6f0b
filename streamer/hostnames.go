package main

import (
	"net/netip"
	"net/url"
	"os"
	"strings"

	"petcam/streamer/internal/config"
)

// hostNames are this machine's, besides addresses, short names and those below .local; lower-case. A home router gives
// its devices names below one of these suffixes, none of which is in the public DNS.
func hostNames(settings config.Config) (all []string) {
	if own, err := os.Hostname(); err == nil {
		short, _, _ := strings.Cut(own, ".")
		all = append(all, own, short+".lan", short+".home.arpa", short+".internal", short+".localdomain")
	}
	all = append(append(all, settings.Web.Hosts...), settings.WebRTC.ExtraHosts...)
	if public, err := url.Parse(settings.Streamer.PublicURL); err == nil && public.Host != "" {
		all = append(all, public.Hostname())
	}
	for i := range all {
		all[i] = strings.ToLower(all[i])
	}
	return all
}

// parseNetworks are those that a key lists.
func parseNetworks(listed []string) (all []netip.Prefix) {
	for _, each := range listed {
		if network, err := config.Network(each); err == nil { // others have not passed the configuration
			all = append(all, network)
		}
	}
	return all
}
