package main

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"io"
	"math/rand/v2"
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
	"petcam/streamer/internal/state/statetest"
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
	return openAccess(c, quiet())
}

// offerWith sends an offer with a token.
func offerWith(t *testing.T, url, offer, token string) (status int, answer map[string]any) {
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
	v.Accept(answer["sdp"].(string))
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

func TestWithDamagedFilesItRunsAndLetsNobodyInUntilTheyAreMended(t *testing.T) {
	for name, damage := range statetest.Damages() {
		t.Run(name, func(t *testing.T) {
			directory := t.TempDir()
			t.Setenv("STATE_DIRECTORY", directory)
			t.Setenv("CREDENTIALS_DIRECTORY", "")
			t.Setenv("PETCAM_VIEWING_TOKENS", "")
			path := filepath.Join(directory, "token.key")
			damage(t, path)
			damage(t, filepath.Join(directory, "viewing_tokens.json"))
			c := settings(t)
			c.Web.TLS, c.Web.TLSPort = "files", 0
			c.Web.TLSCert, c.Web.TLSKey = path, path
			film(t, c.Camera.Stream)
			url := beginWith(t, c, open(t, c))
			key := bytes.Repeat([]byte("k"), 32)
			claims := offertokentest.Claims{Session: "mine"}
			offer := rtctest.New(t).Offer()
			for _, guess := range [][]byte{key, nil} {
				if status, _ := offerWith(t, url, offer, offertokentest.Make(t, guess, claims)); status != 401 {
					t.Errorf("without a key an offer gets %d", status)
				}
			}
			if faults := want(t, "GET", url+"/health", nil, 200)["faults"].([]any); len(faults) != 3 {
				t.Errorf("%q", faults)
			}
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, key, 0o600); err != nil {
				t.Fatal(err)
			}
			watchWith(t, url, offertokentest.Make(t, key, claims))
		})
	}
}

func TestWithoutTheKeyHTTPSSaysWhatToDo(t *testing.T) {
	c, _ := withKey(t)
	t.Setenv("STATE_DIRECTORY", t.TempDir())
	c.Web.TLS, c.Web.TLSPort = "auto", freePort(t)
	beginWith(t, c, open(t, c))
	client := http.Client{Timeout: 20 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	for _, path := range []string{"/", "/api/recording/status"} {
		response, err := client.Get("https://127.0.0.1:" + strconv.Itoa(c.Web.TLSPort) + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if response.StatusCode != 503 || !strings.Contains(string(body), "sudo petcam doctor") {
			t.Errorf("%d %s", response.StatusCode, body)
		}
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

// freePort returns a port that the kernel gives nobody by itself: its own choice begins at 32768, and the Python tests take
// those below 32001.
func freePort(t *testing.T) int {
	t.Helper()
	for range 100 {
		port := 32001 + rand.IntN(767)
		if listener, err := net.Listen("tcp", ":"+strconv.Itoa(port)); err == nil {
			_ = listener.Close()
			return port
		}
	}
	t.Fatal("no port from 32001 to 32767 is free")
	return 0
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
