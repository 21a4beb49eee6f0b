package main

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"petcam/streamer/internal/config"
	"petcam/streamer/internal/offertoken/offertokentest"
	"petcam/streamer/internal/rtc/rtctest"
)

// withKey gives the services of a test a key, and settings that need it.
func withKey(t *testing.T) (config.Config, []byte) {
	t.Helper()
	directory := t.TempDir()
	key := bytes.Repeat([]byte("k"), 32)
	if err := os.WriteFile(filepath.Join(directory, "token.key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("STATE_DIRECTORY", directory)
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	return settings(t), key
}

func open(t *testing.T, c config.Config) access {
	t.Helper()
	opened, err := openAccess(c, quiet())
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

// offerWith sends an offer with a token.
func offerWith(t *testing.T, url, offer, token string) (status int, answer map[string]string) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"type": "offer", "sdp": offer})
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), "POST", url+"/api/webrtc/offer", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, answer
}

// watchWith connects a viewer with a token, and waits for its first frame.
func watchWith(t *testing.T, url, token string) *rtctest.Viewer {
	t.Helper()
	v := rtctest.New(t)
	status, answer := offerWith(t, url, v.Offer(), token)
	if status != 200 {
		t.Fatal(status, answer)
	}
	v.Accept(answer["sdp"])
	v.Frame()
	return v
}

func TestStreamsOfASessionEndWithIt(t *testing.T) {
	c, key := withKey(t)
	film(t, c.Camera.Stream)
	url := beginWith(t, c, open(t, c))
	stays := watchWith(t, url, offertokentest.Make(t, key, offertokentest.Claims{Session: "other"}))
	leaves := watchWith(t, url, offertokentest.Make(t, key, offertokentest.Claims{Session: "mine"}))
	kept := offertokentest.Make(t, key, offertokentest.Claims{Session: "mine"})
	if got := want(t, "POST", url+"/sessions/end", map[string]string{"session": "mine"}, 200); got["closed"] != 1.0 {
		t.Fatal(got)
	}
	leaves.Left()
	if status, _ := offerWith(t, url, rtctest.New(t).Offer(), kept); status != 401 {
		t.Errorf("a token of the session that has ended: %d", status)
	}
	stays.Frame()
	until := offertokentest.Now() + 2000
	short := watchWith(t, url, offertokentest.Make(t, key, offertokentest.Claims{Session: "short", Until: until}))
	short.Left()
	if now := offertokentest.Now(); now < until || now > until+10_000 {
		t.Errorf("it left %d ms after its session's end", now-until)
	}
	stays.Frame()
}

func TestOffersWithoutAGoodTokenAreRefused(t *testing.T) {
	c, key := withKey(t)
	film(t, c.Camera.Stream)
	url := beginWith(t, c, open(t, c))
	used := offertokentest.Make(t, key, offertokentest.Claims{})
	watchWith(t, url, used)
	offer := rtctest.New(t).Offer()
	for name, token := range map[string]string{
		"none": "", "replayed": used,
		"expired":                 offertokentest.Make(t, key, offertokentest.Claims{Expires: offertokentest.Now()}),
		"too long":                offertokentest.Make(t, key, offertokentest.Claims{Expires: offertokentest.Now() + 3_600_000}),
		"of another host":         offertokentest.Make(t, key, offertokentest.Claims{Host: "evil.example"}),
		"of another installation": offertokentest.Make(t, bytes.Repeat([]byte("x"), 32), offertokentest.Claims{}),
		"altered":                 strings.Replace(offertokentest.Make(t, key, offertokentest.Claims{}), ".ey", ".eY", 1),
	} {
		if status, answer := offerWith(t, url, offer, token); status != 401 || answer["error"] != "Login required" {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
	if got := want(t, "GET", url+"/health", nil, 200); got["webrtc_clients"] != 1.0 {
		t.Error(got)
	}
}

func TestWithoutTheKeyItExitsWithTheRemedy(t *testing.T) {
	t.Setenv("STATE_DIRECTORY", t.TempDir())
	t.Setenv("CREDENTIALS_DIRECTORY", "")
	file := filepath.Join(t.TempDir(), "petcam.yaml")
	if err := os.WriteFile(file, []byte("auth: {mode: password}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	if status := run([]string{"--config", file}, io.Discard, &stderr); status != 78 || !strings.Contains(stderr.String(), "start petcam-web once") {
		t.Errorf("%d, %s", status, &stderr)
	}
}

func TestPetcamWebIsServedOverHTTPSToo(t *testing.T) {
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Header.Get("X-Forwarded-Proto")+r.URL.Path)
	}))
	defer web.Close()
	c, _ := withKey(t)
	_, port, _ := net.SplitHostPort(web.Listener.Addr().String())
	c.Web.Port, _ = strconv.Atoi(port)
	c.Web.TLS, c.Web.TLSPort = "auto", freePort(t)
	beginWith(t, c, open(t, c))
	client := http.Client{Timeout: 20 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	response, err := client.Get("https://127.0.0.1:" + strconv.Itoa(c.Web.TLSPort) + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if body, err := io.ReadAll(response.Body); err != nil || string(body) != "https/healthz" {
		t.Errorf("%s, %v", body, err)
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port
}

func TestEveryConfiguredHostNameIsAccepted(t *testing.T) {
	c := settings(t)
	c.Web.Hosts, c.WebRTC.ExtraHosts, c.Streamer.PublicURL = []string{"Cam.example"}, []string{"vpn.example"}, "https://out.example/streamer"
	url := begin(t, c)
	for host, known := range map[string]bool{"cam.example": true, "vpn.example:8081": true, "out.example": true, "evil.example": false} {
		request, err := http.NewRequestWithContext(t.Context(), "GET", url+"/health", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = host
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if (response.StatusCode == 200) != known {
			t.Errorf("%s: %d", host, response.StatusCode)
		}
	}
}
