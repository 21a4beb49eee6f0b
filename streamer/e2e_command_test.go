package main

import (
	"bytes"
	"context"
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

func TestAServiceWaitsForItsPortAndAddressAndSaysSo(t *testing.T) {
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	systemd := listenAsSystemd(t)
	c := settings(t)
	c.Streamer.Port = taken.Addr().(*net.TCPAddr).Port
	ctx, stop := context.WithCancel(t.Context())
	opened := make(chan error, 1)
	go func() {
		service, err := openPatiently(ctx, c, access{}, quiet())
		if err == nil {
			service.Close()
		}
		opened <- err
	}()
	for range 2 { // again and again, and it is alive
		said := receive(t, systemd)
		for _, words := range []string{"READY=1", "WATCHDOG=1", "STATUS=waiting: streamer.port: TCP port"} {
			if !strings.Contains(said, words) {
				t.Errorf("says %q, which lacks %s", said, words)
			}
		}
	}
	_ = taken.Close()
	if err := <-opened; err != nil {
		t.Errorf("the port is free: %v", err)
	}
	stop()
	c.Streamer.Host = "192.0.2.99"
	if _, err := openPatiently(ctx, c, access{}, quiet()); err == nil || !strings.Contains(err.Error(), "streamer.host: 192.0.2.99") {
		t.Errorf("stopped while it waits for its address: %v", err)
	}
}

func TestInATerminalAPortThatIsTakenEndsIt(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	c := settings(t)
	c.Streamer.Host = "192.0.2.99"
	if _, err := openPatiently(t.Context(), c, access{}, quiet()); err == nil {
		t.Error("no error")
	}
}

func listenAsSystemd(t *testing.T) *net.UnixConn {
	t.Helper()
	address := &net.UnixAddr{Name: filepath.Join(t.TempDir(), "notify"), Net: "unixgram"}
	systemd, err := net.ListenUnixgram("unixgram", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = systemd.Close() })
	t.Setenv("NOTIFY_SOCKET", address.Name)
	return systemd
}

func receive(t *testing.T, from *net.UnixConn) string {
	t.Helper()
	message := make([]byte, 4096)
	n, err := from.Read(message)
	if err != nil {
		t.Fatal(err)
	}
	return string(message[:n])
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
