package main

import (
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"petcam/streamer/internal/config"
	"petcam/streamer/internal/httpapi"
	"petcam/streamer/internal/tlsproxy"
)

// hostCases is tests/host-cases.yaml, which says what its fields mean.
type hostCases struct {
	Machine struct {
		Hostname   string
		WebHosts   []string `yaml:"web_hosts"`
		ExtraHosts []string `yaml:"extra_hosts"`
		PublicURL  string   `yaml:"public_url"`
	}
	Cases []hostCase
}

type hostCase struct {
	Host string
	Ours yaml.Node
}

// isOursTo tells whether this rule answers yes.
func (c hostCase) isOursTo(rule string) bool {
	return c.Ours.Value == "all" ||
		slices.ContainsFunc(c.Ours.Content, func(n *yaml.Node) bool { return n.Value == rule })
}

func readHostCases(t *testing.T) (all hostCases, known []string) {
	text, err := os.ReadFile("../tests/host-cases.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	c := config.Default()
	c.Web.Hosts, c.WebRTC.ExtraHosts, c.Streamer.PublicURL = all.Machine.WebHosts, all.Machine.ExtraHosts, all.Machine.PublicURL
	return all, hostNamesOf([]string{all.Machine.Hostname}, c)
}

func TestTheStreamerKnowsItsHosts(t *testing.T) {
	all, known := readHostCases(t)
	server := httpapi.New(httpapi.Options{Names: func() []string { return known }, Log: slog.New(slog.DiscardHandler)})
	for _, c := range all.Cases {
		request := httptest.NewRequest("OPTIONS", "/api/webrtc/offer", nil)
		request.Host = c.Host
		answer := httptest.NewRecorder()
		server.Handler.ServeHTTP(answer, request)
		if got := answer.Code == 204; got != c.isOursTo("streamer") || !got && answer.Code != 403 {
			t.Errorf("%q: %d", c.Host, answer.Code)
		}
	}
}

func TestTheCertificateIsForTheMachinesHosts(t *testing.T) {
	all, known := readHostCases(t)
	certified := tlsproxy.Names(known)
	for _, c := range all.Cases {
		name := c.Host
		if host, _, err := net.SplitHostPort(name); err == nil {
			name = host
		}
		name = strings.ToLower(strings.TrimRight(strings.Trim(name, "[]"), "."))
		if got := slices.Contains(certified, name); got != c.isOursTo("certificate") {
			t.Errorf("%q is in the certificate: %v", c.Host, got)
		}
	}
}

func TestTheNameThatHostnamectlWroteCounts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "hostname")
	before := machineNames(file)
	if err := os.WriteFile(file, []byte("renamed\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if now := machineNames(file); !slices.Equal(now, append(before, "renamed")) {
		t.Errorf("before %q, after %q", before, now)
	}
}
