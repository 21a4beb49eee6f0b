package site

import (
	"strings"
	"testing"
)

func TestAHostsNameHasAtMost253Characters(t *testing.T) {
	longest := strings.Repeat("a", 253)
	for host, want := range map[string]string{
		longest:               longest,
		longest + ":8080":     longest,
		longest + "a":         "",
		longest + "a:8080":    "",
		"[2001:db8::7]:8443":  "2001:db8::7",
		"[" + longest + "]":   "",
		"petcam.local:123456": "",
	} {
		if got := hostName(host); got != want {
			t.Errorf("%.20s of %d: %q", host, len(host), got)
		}
	}
}
