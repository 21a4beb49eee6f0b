package config

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
)

// section is a section of the file and the keys that it may hold.
type section struct {
	name string
	keys []key
}

// key is a key of a section. set puts a value where it belongs, or says in words what is allowed.
type key struct {
	name string
	set  func(value any) (allowed string)
}

// sections lists every key, with what is allowed and its place in config.
func sections(c *Config) []section {
	host := pattern(`[A-Za-z0-9.:_-]{1,253}`)
	segment := pattern(`/[A-Za-z0-9._-]{1,200}`)
	file := pattern(`(/[^\x00-\x1f]*)?`)
	const segmentWords, fileWords = "a segment name like /petcam_stream", "an absolute path, or empty"
	const maxPort, maxBytes = 65535, 1 << 62
	return []section{
		{"web", []key{
			{"host", text(&c.Web.Host, host, "a host name or an IP address")},
			{"port", integer(&c.Web.Port, 1, maxPort)},
			{"threads", integer(&c.Web.Threads, 8, 256)},
			{"tls", offIsFalse(choice(&c.Web.TLS, "off", "auto", "files"))},
			{"tls_port", integer(&c.Web.TLSPort, 1, maxPort)},
			{"tls_cert", text(&c.Web.TLSCert, file, fileWords)},
			{"tls_key", text(&c.Web.TLSKey, file, fileWords)},
			{"hosts", list(&c.Web.Hosts, host.MatchString, "host names or IP addresses")},
			{"trusted_proxies", list(&c.Web.TrustedProxies, isNetwork, "IP addresses or networks like 192.168.1.0/24")},
		}},
		{"streamer", []key{
			{"host", text(&c.Streamer.Host, host, "a host name or an IP address")},
			{"port", integer(&c.Streamer.Port, 1, maxPort)},
			{"public_url", text(&c.Streamer.PublicURL, pattern(`(https?://[^`+space+`/]+(/[^`+space+`]*)?)?`),
				"an http:// or https:// URL, or empty")},
			{"metrics_allow", list(&c.Streamer.MetricsAllow, isNetwork, "IP addresses or networks like 192.168.1.0/24")},
		}},
		{"camera", []key{
			{"layout", choice(&c.Camera.Layout, "petcam", "rdk-x5")},
			{"stream", text(&c.Camera.Stream, segment, segmentWords)},
			{"detections", text(&c.Camera.Detections, segment, segmentWords)},
			{"source", text(&c.Camera.Source, pattern(`[^\x00-\x1f]*`),
				"demo, a file, rpicam, rtsp://..., /dev/videoN, or empty")},
		}},
		{"webrtc", []key{
			{"udp_port", integer(&c.WebRTC.UDPPort, 1, maxPort)},
			{"ice_servers", list(&c.WebRTC.ICEServers, pattern(`(stun|stuns|turn|turns):[^`+space+`]+`).MatchString, "stun: or turn: URLs")},
			{"extra_hosts", list(&c.WebRTC.ExtraHosts, host.MatchString, "host names or IP addresses")},
			{"max_viewers", integer(&c.WebRTC.MaxViewers, 1, 256)},
			{"backend", choice(&c.WebRTC.Backend, "go", "python")},
		}},
		{"recording", []key{
			{"directory", text(&c.Recording.Directory, pattern(`/[^\x00-\x1f]*`), "an absolute path")},
			{"pre_roll_seconds", number(&c.Recording.PreRollSeconds, 0, 30)},
			{"segment_minutes", integer(&c.Recording.SegmentMinutes, 1, 1440)},
			{"max_bytes", integer(&c.Recording.MaxBytes, 0, maxBytes)},
			{"max_age_days", integer(&c.Recording.MaxAgeDays, 0, 36500)},
			{"min_free_bytes", integer(&c.Recording.MinFreeBytes, 0, maxBytes)},
		}},
		{"auth", []key{
			{"mode", choice(&c.Auth.Mode, "password", "none")},
		}},
	}
}

// space is what Python's \s matches, for use in a character class.
const space = `\s\v\x1c-\x1f\x{85}\p{Z}`

// pattern matches a whole value.
func pattern(expression string) *regexp.Regexp { return regexp.MustCompile(`^(?:` + expression + `)$`) }

func text(place *string, allowed *regexp.Regexp, words string) func(any) string {
	return func(value any) string {
		given, ok := value.(string)
		if !ok || !allowed.MatchString(given) {
			return words
		}
		*place = given
		return ""
	}
}

func choice(place *string, allowed ...string) func(any) string {
	return func(value any) string {
		given, ok := value.(string)
		if !ok || !slices.Contains(allowed, given) {
			return strings.Join(allowed, " or ")
		}
		*place = given
		return ""
	}
}

// offIsFalse takes the truth value as which YAML 1.1 reads the word off for that word.
func offIsFalse(set func(any) string) func(any) string {
	return func(value any) string {
		if value == false {
			value = "off"
		}
		return set(value)
	}
}

func integer[T int | int64](place *T, low, high int64) func(any) string {
	return func(value any) string {
		given, ok := value.(*big.Int)
		if !ok || !given.IsInt64() || given.Int64() < low || given.Int64() > high {
			return fmt.Sprintf("a whole number from %d to %d", low, high)
		}
		*place = T(given.Int64())
		return ""
	}
}

func number(place *float64, low, high float64) func(any) string {
	return func(value any) string {
		given, ok := value.(float64)
		if whole, isWhole := value.(*big.Int); isWhole {
			given, _ = whole.Float64()
			ok = true
		}
		if !ok || !(low <= given && given <= high) { // so that NaN is not allowed
			return fmt.Sprintf("a number from %g to %g", low, high)
		}
		*place = given
		return ""
	}
}

func list(place *[]string, allowed func(string) bool, words string) func(any) string {
	return func(value any) string {
		given, ok := value.([]any)
		var items []string
		for _, each := range given {
			item, isText := each.(string)
			ok = ok && isText && allowed(item)
			items = append(items, item)
		}
		if !ok {
			return "a list of " + words
		}
		*place = items
		return ""
	}
}
