package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/offertoken/offertokentest"
	"petcam/streamer/internal/rtc/rtctest"
)

// foreignAddress is an address of this machine in a network namespace of the test; it is not a loopback address.
const foreignAddress, networkVariable = "192.0.2.7", "PETCAM_TEST_NETWORK"

// inOwnNetwork runs the calling test again in a network namespace of its own; there it returns true.
func inOwnNetwork(t *testing.T) bool {
	t.Helper()
	if os.Getenv(networkVariable) != "" {
		bringUp(t)
		return true
	}
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	child.Env = append(os.Environ(), networkVariable+"=1")
	child.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	said, err := child.CombinedOutput()
	if err != nil && child.ProcessState == nil {
		t.Skipf("this machine allows no network namespaces: %v", err)
	}
	if err != nil || !strings.Contains(string(said), "--- PASS: "+t.Name()) {
		t.Errorf("%v\n%s", err, said)
	}
	t.Logf("%s", said)
	return false
}

// bringUp gives the namespace's loopback a second address.
func bringUp(t *testing.T) {
	t.Helper()
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(socket) }()
	device, _ := unix.NewIfreq("lo")
	device.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	alias, _ := unix.NewIfreq("lo:1")
	if err := alias.SetInet4Addr(net.ParseIP(foreignAddress).To4()); err != nil {
		t.Fatal(err)
	}
	for _, change := range []struct {
		request uint
		what    *unix.Ifreq
	}{{unix.SIOCSIFFLAGS, device}, {unix.SIOCSIFADDR, alias}} {
		if err := unix.IoctlIfreq(socket, change.request, change.what); err != nil {
			t.Fatal(err)
		}
	}
}

// attackedService is a service that needs tokens and listens on all addresses; its log is kept.
func attackedService(t *testing.T) (local, remote string, key []byte, log *logBuffer) {
	t.Helper()
	c, key := withKey(t)
	c.Streamer.Host = "0.0.0.0"
	film(t, c.Camera.Stream)
	log = &logBuffer{}
	local = beginLogging(t, c, open(t, c), slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	_, port, _ := strings.Cut(strings.TrimPrefix(local, "http://"), ":")
	return "http://127.0.0.1:" + port, "http://" + foreignAddress + ":" + port, key, log
}

// logBuffer is what the services logged.
type logBuffer struct {
	mu   sync.Mutex // guards text: connections log while a test reads
	text bytes.Buffer
}

func (j *logBuffer) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(line)
}

func (j *logBuffer) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// status sends a request with headers (name, value, ...) and returns the answer's status and body.
func status(t *testing.T, method, url, body string, headers ...string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			request.Host = headers[i+1]
		}
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestControlRefusesOtherAddressesWhateverTheirHeaders(t *testing.T) {
	if !inOwnNetwork(t) {
		return
	}
	local, remote, _, _ := attackedService(t)
	control := map[string]string{
		"/start": "POST", "/stop": "POST", "/status": "GET", "/keep": "POST", "/past": "POST", "/past.mp4": "GET", "/sessions/end": "POST",
		"/metrics": "GET",
	}
	for path, method := range control {
		for _, said := range [][]string{
			nil, {"X-Forwarded-For", "127.0.0.1"}, {"Forwarded", "for=127.0.0.1"}, {"X-Real-Ip", "127.0.0.1"}, {"Host", "127.0.0.1"}, {"Host", "localhost"},
		} {
			if code, text := status(t, method, remote+path, `{"all":true}`, said...); code != 403 {
				t.Errorf("%s from %s, saying %q: %d %s", path, foreignAddress, said, code, text)
			}
		}
		if code, _ := status(t, method, local+path, `{"all":true}`, "X-Forwarded-For", foreignAddress); code != 403 {
			t.Errorf("%s passed on by a proxy: %d", path, code)
		}
		if code, _ := status(t, method, local+path, `{"all":true}`, "Host", "evil.example"); code != 403 {
			t.Errorf("%s by a foreign name that resolves to this machine: %d", path, code)
		}
	}
	if code, text := status(t, "GET", remote+"/health", ""); code != 200 || text != "{\"status\":\"ok\"}\n" {
		t.Errorf("health: %d %s", code, text)
	}
	if code, text := status(t, "GET", local+"/status", ""); code != 200 || !strings.Contains(text, `"recording":false`) {
		t.Errorf("control from here: %d %s", code, text)
	}
}

func TestControlAnswersDuringIdleConnectionsAndManyOffers(t *testing.T) {
	if !inOwnNetwork(t) {
		return
	}
	local, remote, key, log := attackedService(t)
	stays := watchWith(t, local, offertokentest.Make(t, key, offertokentest.Claims{Session: "owner"}))
	offer := rtctest.New(t).Offer()
	http.DefaultClient.CloseIdleConnections()
	before := runtime.NumGoroutine()
	idle := append(connect(t, remote, 250), connect(t, local, 250)...)
	offers := sendOffers(t, local, remote, offer, key)
	want(t, "GET", local+"/status", nil, 200)
	want(t, "POST", local+"/start", nil, 200)
	want(t, "POST", local+"/stop", nil, 200)
	stays.Frame()
	t.Logf("answers to the offers: %v; %d goroutines before, %d amid it", offers, before, runtime.NumGoroutine())
	if offers[200] > 16 || offers[401] == 0 || offers[429] == 0 || offers[500] > 0 {
		t.Errorf("answers to the offers: %v", offers)
	}
	want(t, "POST", local+"/sessions/end", map[string]string{"session": "guest"}, 200)
	for _, conn := range idle { // the service closes them itself: headers have five seconds
		_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		if _, err := io.Copy(io.Discard, conn); err != nil && strings.Contains(err.Error(), "timeout") {
			t.Fatal("a connection that says nothing is kept")
		}
		_ = conn.Close()
	}
	http.DefaultClient.CloseIdleConnections()
	eventually(t, "its goroutines are gone", func() bool { return runtime.NumGoroutine() <= before })
	stays.Frame()
	_, metrics := status(t, "GET", local+"/metrics", "")
	expectNoSecret(t, key, log.String()+metrics)
}

// connect opens n connections that send half a request.
func connect(t *testing.T, url string, n int) (all []net.Conn) {
	t.Helper()
	for range n {
		conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(conn, "POST /start HTTP/1.1\r\nHost: x\r\nX-Slow: ")
		all = append(all, conn)
	}
	return all
}

// sendOffers makes a thousand offers, half of them without a token, and counts the answers by status.
func sendOffers(t *testing.T, local, remote, offer string, key []byte) map[int]int {
	t.Helper()
	body, _ := json.Marshal(map[string]string{"type": "offer", "sdp": offer})
	var mu sync.Mutex // guards answers
	answers := map[int]int{}
	var all sync.WaitGroup
	for lane := range 10 {
		all.Add(1)
		go func() {
			defer all.Done()
			for n := range 100 {
				headers := []string{"X-Nothing", fmt.Sprint(n)}
				url := local
				if lane%2 == 0 {
					headers = []string{"Authorization", "Bearer " + offertokentest.Make(t, key, offertokentest.Claims{Session: "guest"})}
				} else if n%2 == 0 && lane == 1 {
					url = remote
				}
				code := offerStatus(url, string(body), headers)
				mu.Lock()
				answers[code]++
				mu.Unlock()
			}
		}()
	}
	all.Wait()
	return answers
}

// offerStatus is 0 where the connection was refused.
func offerStatus(url, body string, headers []string) int {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, "POST", url+"/api/webrtc/offer", strings.NewReader(body))
	if err != nil {
		return -1
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(headers[0], headers[1])
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

// expectNoSecret checks that neither the key nor a token is in the log, at debug level, or in the metrics.
func expectNoSecret(t *testing.T, key []byte, said string) {
	t.Helper()
	for _, secret := range []string{string(key), fmt.Sprintf("%x", key), "v1.ey", "Bearer"} {
		if strings.Contains(said, secret) {
			t.Errorf("%q is logged or in the metrics", secret)
		}
	}
	if !strings.Contains(said, "request refused") {
		t.Error("the log was not looked at")
	}
}
