package main

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"

	"petcam/streamer/internal/config"
	"petcam/streamer/internal/state"
)

// hostNames are those by which this machine goes besides its addresses, lower-case: those that a guard of the HTTP API
// knows, and a certificate is for.
func hostNames(settings config.Config) []string {
	return hostNamesOf(machineNames(nameFile), settings)
}

// nameFile is what hostnamectl writes a new name to; systemd's ProtectHostname= hides it from a service elsewhere.
const nameFile, maxNameBytes = "/etc/hostname", 256

// machineNames are those by which the machine is called now, and by which it was when this process began. Whoever asks
// again learns that it was renamed.
func machineNames(file string) (all []string) {
	if own, err := os.Hostname(); err == nil {
		all = append(all, own)
	}
	if written, err := state.Read(file, maxNameBytes); err == nil {
		all = append(all, strings.TrimSpace(string(written)))
	}
	return all
}

// maxSameNames bounds how many boards of one name on one network have a certificate for the names that mDNS gives them:
// NAME.local, NAME-2.local and so on.
const maxSameNames = 9

// localSuffixes are what home routers put behind a machine's name. No stranger can register below one: docs/security.md
// says why of each. petcam/web/http/hosts.py has the same.
var localSuffixes = []string{
	".local", ".lan", ".home", ".home.arpa", ".internal", ".intranet", ".private", ".corp", ".localdomain", ".fritz.box",
	".*.ts.net", // in a tailnet of Tailscale's, whose name is one label; a certificate cannot be for that
}

// hostNamesOf are the machine's own names, also below the suffixes of home networks, and those that the configuration
// has. A "*" stands for one label.
func hostNamesOf(machine []string, settings config.Config) (all []string) {
	for _, name := range machine {
		short, _, _ := strings.Cut(name, ".")
		all = append(all, name, short)
		for _, suffix := range localSuffixes {
			all = append(all, short+suffix)
		}
		for n := 2; n <= maxSameNames; n++ {
			all = append(all, fmt.Sprintf("%s-%d.local", short, n))
		}
	}
	all = append(append(all, settings.Web.Hosts...), settings.WebRTC.ExtraHosts...)
	if public, err := url.Parse(settings.Streamer.PublicURL); err == nil && public.Host != "" {
		all = append(all, public.Hostname())
	}
	for i := range all {
		if name, _, err := net.SplitHostPort(all[i]); err == nil {
			all[i] = name
		}
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
