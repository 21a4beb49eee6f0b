package site

import (
	"strings"
	"testing"
)

func TestPagesMayCallTheStreamerWhereItIsAnotherOrigin(t *testing.T) {
	for _, c := range []struct {
		public, host, prefix, proto, want string
	}{
		{"", "localhost:8080", "", "", "'self' http://localhost:8081;"}, {"", "[::1]:8080", "", "", "'self' http://[::1]:8081;"},
		{"", "Petcam-Box", "", "", "'self' http://Petcam-Box:8081;"}, {"", "localhost", "/cam", "", "'self';"},
		{"", "localhost", "", "https", "'self';"}, {"", "evil; script-src *", "", "", "'self';"}, {"", "x\u00e9", "", "", "'self';"},
		{"HTTPS://Proxy.example:1/streamer?x", "localhost", "/cam", "https", "'self' https://Proxy.example:1;"},
	} {
		s := openSite(t, func(o *Options) {
			o.Config.Streamer.PublicURL, o.Config.Web.TrustedProxies = c.public, []string{"192.0.2.1"}
			o.Connect = (*Request).StreamerOrigin
		})
		h := ask(s, "GET", "/", "Host", c.host, "X-Forwarded-Prefix", c.prefix, "X-Forwarded-Proto", c.proto).Header()
		if policy := h.Get("Content-Security-Policy"); !strings.Contains(policy, "; connect-src "+c.want) {
			t.Errorf("%+v: %s", c, policy)
		}
	}
	s := openSite(t, func(o *Options) { o.Config.WebRTC.Backend, o.Connect = "python", (*Request).StreamerOrigin })
	if policy := ask(s, "GET", "/").Header().Get("Content-Security-Policy"); !strings.Contains(policy, "connect-src 'self';") {
		t.Error(policy)
	}
}
