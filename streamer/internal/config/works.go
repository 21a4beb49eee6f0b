package config

import (
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

var (
	// urlBegins is how a URL begins: its scheme, a colon and slashes.
	urlBegins    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:/*`)
	cameraURL    = regexp.MustCompile(`^(?i:rtsps?)://[^/?#]`)
	ntfyBegins   = regexp.MustCompile(`^(?i:ntfys?):`)
	ntfyURL      = regexp.MustCompile(`^(?i:ntfys?)://[^/?#]+/[A-Za-z0-9_-]{1,64}$`)
	bracketed    = regexp.MustCompile(`^\[(.*)\]:([0-9]+)$`)
	isDottedFour = pattern(`[0-9]+(\.[0-9]+){3}`)
	isDigits     = pattern(`[0-9]{1,5}`)
)

// isAddressOrName refuses a colon that is not of an IPv6 address: that of a port does not belong there.
func isAddressOrName(text string) bool {
	if !strings.Contains(text, ":") && !isDottedFour(text) {
		return true
	}
	_, err := netip.ParseAddr(text)
	return err == nil
}

// isEndpoint takes a host with or without a port; an IPv6 address with a port has brackets.
func isEndpoint(text string) bool {
	if found := bracketed.FindStringSubmatch(text); found != nil {
		return strings.Contains(found[1], ":") && isAddressOrName(found[1]) && isPort(found[2])
	}
	host, port, hasPort := strings.Cut(text, ":")
	if !hasPort || strings.Contains(port, ":") {
		return isAddressOrName(text)
	}
	return host != "" && isAddressOrName(host) && isPort(port)
}

func isPort(digits string) bool {
	number, err := strconv.Atoi(digits)
	return err == nil && isDigits(digits) && 1 <= number && number <= 65535
}

// isKnownSource refuses what begins as a URL does and is none of a network camera.
func isKnownSource(text string) bool {
	return !urlBegins.MatchString(text) || cameraURL.MatchString(text)
}

// isKnownWay wants a server and a topic of an ntfy URL; of others only Apprise knows.
func isKnownWay(text string) bool { return !ntfyBegins.MatchString(text) || ntfyURL.MatchString(text) }

func isBroker(text string) bool {
	_, place, _ := strings.Cut(strings.TrimRight(text, "/"), "://")
	return text == "" || isEndpoint(place) || strings.HasSuffix(place, "]")
}

// allSecret also hides what is no URL: it may be the key that belongs into one.
func allSecret(text string) string {
	return urlBegins.FindString(text) + "..."
}

// withoutSecret leaves the scheme of a URL, as behind it there may be a password.
func withoutSecret(text string) string {
	if begin := urlBegins.FindString(text); begin != "" {
		return begin + "..."
	}
	return text
}
