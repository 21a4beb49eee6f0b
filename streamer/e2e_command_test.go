package main

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"petcam/streamer/internal/config"
)

func TestPortInUseIsReportedWithItsKey(t *testing.T) {
	tcp, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tcp.Close() }()
	udp, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = udp.Close() }()
	c := settings(t)
	c.Streamer.Port = tcp.Addr().(*net.TCPAddr).Port
	expectInError(t, c, "streamer.port", "TCP port "+strconv.Itoa(c.Streamer.Port))
	c.Streamer.Port, c.WebRTC.UDPPort = 0, udp.LocalAddr().(*net.UDPAddr).Port
	expectInError(t, c, "webrtc.udp_port", "UDP port "+strconv.Itoa(c.WebRTC.UDPPort))
}

func expectInError(t *testing.T, c config.Config, words ...string) {
	t.Helper()
	_, err := Open(c, access{}, quiet())
	for _, word := range words {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%v does not name %s", err, word)
		}
	}
}

func TestBadConfigurationIsOneLineAndStatus78(t *testing.T) {
	file := filepath.Join(t.TempDir(), "petcam.yaml")
	if err := os.WriteFile(file, []byte("streamer: {port: none}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if status := run([]string{"--config", file}, &stdout, &stderr); status != 78 {
		t.Errorf("status %d", status)
	}
	line := stderr.String()
	if strings.Count(line, "\n") != 1 || !strings.Contains(line, "streamer.port") || stdout.Len() > 0 {
		t.Errorf("says %q", line)
	}
}

func TestItPrintsItsVersion(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if status := run([]string{"--version"}, &stdout, &stderr); status != 0 || stdout.String() != "petcam-streamer dev\n" {
		t.Fatal(status, stdout.String(), stderr.String())
	}
	if status := run([]string{"--nonsense"}, &stdout, &stderr); status != 2 {
		t.Fatal(status)
	}
}
