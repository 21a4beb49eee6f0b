package main

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"petcam/streamer/internal/rtc/rtctest"
)

// allowToken writes the file of viewing tokens with one token, as petcam token does; without a token an empty one.
func allowToken(t *testing.T, directory, token string) {
	t.Helper()
	text := `{"version":1,"tokens":[]}`
	if token != "" {
		sum := sha256.Sum256([]byte(token))
		text = fmt.Sprintf(`{"version":1,"tokens":[{"id":"%s","sha256":"%s"}]}`, token, hex.EncodeToString(sum[:]))
	}
	path := filepath.Join(directory, "viewing_tokens.json")
	if err := os.WriteFile(path+".new", []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// whep sends a WHEP request with a token.
func whep(t *testing.T, method, url, token, body string) (answer *http.Response, text string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/sdp")
	request.Header.Set("Authorization", "Bearer "+token)
	client := http.Client{Timeout: 20 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	answer, err = client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	read, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(read)
}

// pull makes a WHEP client watch, waits for its first picture and gives its session's URL.
func pull(t *testing.T, url, token string) (*rtctest.Viewer, string) {
	t.Helper()
	v := rtctest.New(t)
	answer, text := whep(t, "POST", url+"/whep", token, v.Offer())
	if answer.StatusCode != 201 {
		t.Fatal(answer.Status, text)
	}
	v.Accept(text)
	v.Frame()
	return v, url + answer.Header.Get("Location")
}

func TestWHEPClientsWatchUntilTheirViewingTokenIsRevoked(t *testing.T) {
	c, _ := withKey(t)
	directory := os.Getenv("STATE_DIRECTORY")
	film(t, c.Camera.Stream)
	url := beginWith(t, c, open(t, c))
	if answer, _ := whep(t, "POST", url+"/whep", "petcam_a", "v=0"); answer.StatusCode != 401 {
		t.Fatal(answer.Status)
	}
	allowToken(t, directory, "petcam_a")
	first, location := pull(t, url, "petcam_a")
	second, _ := pull(t, url, "petcam_a")
	if got := want(t, "GET", url+"/health", nil, 200); got["webrtc_clients"] != 2.0 {
		t.Error(got)
	}
	if answer, _ := whep(t, "DELETE", location, "petcam_a", ""); answer.StatusCode != 200 {
		t.Error(answer.Status)
	}
	first.Left()
	second.Frame()
	revoked := time.Now()
	allowToken(t, directory, "")
	second.Left()
	if took := time.Since(revoked); took > 10*time.Second {
		t.Errorf("the stream ended %v after its token", took)
	}
	if answer, _ := whep(t, "POST", url+"/whep", "petcam_a", "v=0"); answer.StatusCode != 401 {
		t.Error(answer.Status)
	}
}

func TestWHEPWorksOverHTTPS(t *testing.T) {
	c, _ := withKey(t)
	allowToken(t, os.Getenv("STATE_DIRECTORY"), "petcam_a")
	c.Web.TLS, c.Web.TLSPort = "auto", freePort(t)
	film(t, c.Camera.Stream)
	beginWith(t, c, open(t, c))
	_, location := pull(t, "https://127.0.0.1:"+strconv.Itoa(c.Web.TLSPort), "petcam_a")
	if answer, _ := whep(t, "DELETE", location, "petcam_a", ""); answer.StatusCode != 200 {
		t.Error(answer.Status)
	}
}
