package config

import (
	"slices"
	"strings"
)

// listener is a TCP port that a part of petcam listens on.
type listener struct {
	key, host string
	port      int
}

func (c Config) listeners() []listener {
	all := []listener{{"web.port", c.Web.Host, c.Web.Port}, {"streamer.port", c.Streamer.Host, c.Streamer.Port}}
	if c.Web.TLS != "off" {
		all = append(all, listener{"web.tls_port", c.Web.Host, c.Web.TLSPort})
	}
	return all
}

// collisions warns of ports that two parts of petcam would have to share; petcam/config/ports.py is the same in Python.
func (c Config) collisions(given []entry) (warnings []Warning) {
	all := c.listeners()
	for i, one := range all {
		for _, other := range all[i+1:] {
			if one.port == other.port && overlap(one.host, other.host) {
				line := lineOf(given, other.key)
				if line == 0 {
					line = lineOf(given, one.key)
				}
				warnings = append(warnings, mistake("line %d: %s and %s are both %d: give each a port of its own",
					line, one.key, other.key, one.port))
			}
		}
	}
	return warnings
}

func overlap(one, other string) bool {
	everyAddress := []string{"0.0.0.0", "::"}
	return addressOf(one) == addressOf(other) || slices.Contains(everyAddress, one) || slices.Contains(everyAddress, other)
}

func addressOf(host string) string {
	if host = strings.ToLower(host); host == "localhost" {
		return "127.0.0.1"
	}
	return host
}

// lineOf is the line of a section's key, 0 where it is not given.
func lineOf(given []entry, key string) int {
	section, name, _ := strings.Cut(key, ".")
	mine, err := entries(valueOf(given, section), "")
	if err != nil {
		return 0
	}
	for _, each := range mine {
		if each.name == name {
			return each.line
		}
	}
	return 0
}
