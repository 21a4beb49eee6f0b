package tlsproxy

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// testProxy is a Proxy for a stand-in for petcam-web, with clients of HTTP/1.1 and HTTP/2.
type testProxy struct {
	url      string
	browsers map[string]*http.Client
}

func start(t *testing.T, web http.Handler) testProxy {
	t.Helper()
	return startOn(t, func(listener net.Listener) net.Listener { return listener }, web)
}

// startOn starts a Proxy on a listener that wrap has made another.
func startOn(t *testing.T, wrap func(net.Listener) net.Listener, web http.Handler) testProxy {
	t.Helper()
	backend := httptest.NewServer(web)
	t.Cleanup(backend.Close)
	return startBefore(t, wrap, backend.Listener.Addr().String())
}

// startBefore starts a Proxy for an address.
func startBefore(t *testing.T, wrap func(net.Listener) net.Listener, web string) testProxy {
	t.Helper()
	certificates := OpenSelfSigned(t.TempDir(), func() []string { return []string{"localhost", "127.0.0.1"} }, quiet())
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	key := func() ([]byte, error) { return []byte(strings.Repeat("k", 32)), nil }
	proxy := New(web, key, certificates, quiet())
	ended := make(chan error, 1)
	go func() { ended <- proxy.Serve(wrap(listener)) }()
	r := testProxy{url: "https://" + listener.Addr().String(), browsers: map[string]*http.Client{}}
	for name, protocols := range map[string][]string{"HTTP/1.1": {"http/1.1"}, "HTTP/2.0": {"h2"}} {
		transport := &http.Transport{
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true, NextProtos: protocols},
			ForceAttemptHTTP2: name == "HTTP/2.0",
		}
		r.browsers[name] = &http.Client{Transport: transport}
		t.Cleanup(transport.CloseIdleConnections)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		proxy.Close(ctx)
		if err := <-ended; err != http.ErrServerClosed {
			t.Error(err)
		}
	})
	return r
}

// each runs a test with each protocol.
func (r testProxy) each(t *testing.T, test func(t *testing.T, browser *http.Client)) {
	for name, browser := range r.browsers {
		t.Run(name, func(t *testing.T) { test(t, browser) })
	}
}

func get(t *testing.T, browser *http.Client, url string, change func(*http.Request)) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(request)
	}
	response, err := browser.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = response.Body.Close() })
	return response
}

func text(t *testing.T, response *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestPetcamWebGetsTheClientsAddressAndHost(t *testing.T) {
	r := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Petcam-Tls", "X-Forwarded-Host", "Forwarded", "X-Real-Ip"} {
			fmt.Fprintf(w, "%s=%s\n", name, strings.Join(r.Header.Values(name), "|"))
		}
		fmt.Fprintf(w, "Host=%s Cookie=%s URI=%s", r.Host, r.Header.Get("Cookie"), r.RequestURI)
	}))
	r.each(t, func(t *testing.T, browser *http.Client) {
		got := text(t, get(t, browser, r.url+"/a%2Fb?x=1&y=%2B", func(r *http.Request) {
			r.Host = "camera.local:8443"
			r.Header.Set("Cookie", "petcam_session=s")
			for _, forged := range []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Petcam-Tls", "X-Forwarded-Host", "Forwarded", "X-Real-Ip"} {
				r.Header.Set(forged, "127.0.0.9")
			}
		}))
		want := "X-Forwarded-For=127.0.0.1\nX-Forwarded-Proto=https\n" +
			"X-Petcam-Tls=69d698a329da566e4c74b9a4d918f703e0b3bd0958dffb2636fcad12a3da387b\nX-Forwarded-Host=\nForwarded=\nX-Real-Ip=\n" +
			"Host=camera.local:8443 Cookie=petcam_session=s URI=/a%2Fb?x=1&y=%2B"
		if got != want {
			t.Errorf("got %s\nwant %s", got, want)
		}
	})
}

// streamedAnswer is an answer that petcam-web writes piece by piece.
type streamedAnswer struct {
	header http.Header
	piece  string
}

func streamedAnswers() map[string]streamedAnswer {
	picture := strings.Repeat("\xff\xd8 a JPEG \xff\xd9", 1<<13) // more than any buffer on the way
	return map[string]streamedAnswer{
		"events": {http.Header{"Content-Type": {"text/event-stream"}}, "data: {}\n\n"},
		"pictures": {http.Header{"Content-Type": {"multipart/x-mixed-replace; boundary=b"}},
			"--b\r\nContent-Type: image/jpeg\r\n\r\n" + picture + "\r\n"},
		"small pictures": {http.Header{"Content-Type": {"multipart/x-mixed-replace; boundary=b"}}, "--b\r\n\r\n\xff\xd8\r\n"},
		"a download":     {http.Header{"Content-Type": {"video/mp4"}, "Content-Length": {"1000000"}}, "a film"},
	}
}

func TestStreamedAnswersAreForwardedAtOnceAndEndWithTheClient(t *testing.T) {
	for name, flow := range streamedAnswers() {
		t.Run(name, func(t *testing.T) {
			next, gone := make(chan struct{}), make(chan struct{}, 1)
			r := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				maps.Copy(w.Header(), flow.header)
				for {
					_, _ = io.WriteString(w, flow.piece)
					_ = http.NewResponseController(w).Flush()
					select {
					case <-next:
					case <-r.Context().Done():
						gone <- struct{}{}
						return
					}
				}
			}))
			r.each(t, func(t *testing.T, browser *http.Client) {
				response := get(t, browser, r.url+"/", nil)
				came := make([]byte, len(flow.piece))
				for n := range 3 { // the next one is only sent once the last has come
					if _, err := io.ReadFull(response.Body, came); err != nil || string(came) != flow.piece {
						t.Fatalf("piece %d: %v", n, err)
					}
					next <- struct{}{}
				}
				_ = response.Body.Close()
				<-gone
			})
		})
	}
}

func TestDownloadsAndRangesAreForwarded(t *testing.T) {
	file := bytes.Repeat([]byte("petcam "), 1<<17) // more than any buffer on the way
	r := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "a.mp4", time.Unix(1, 0), bytes.NewReader(file))
	}))
	r.each(t, func(t *testing.T, browser *http.Client) {
		whole := get(t, browser, r.url+"/a.mp4", nil)
		if got := text(t, whole); got != string(file) || whole.ContentLength != int64(len(file)) {
			t.Errorf("%d bytes of %d", len(got), whole.ContentLength)
		}
		part := get(t, browser, r.url+"/a.mp4", func(r *http.Request) { r.Header.Set("Range", "bytes=700-706") })
		if got := text(t, part); part.StatusCode != 206 || got != "petcam " {
			t.Errorf("%d %q", part.StatusCode, got)
		}
	})
}

func TestRequestBodiesAreForwardedUpToTheirLimit(t *testing.T) {
	r := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %d %d", r.Method, r.ContentLength, len(body))
	}))
	r.each(t, func(t *testing.T, browser *http.Client) {
		for size, want := range map[int]string{0: "POST 0 0", 1000: "POST 1000 1000", maxBody: "POST 65536 65536", maxBody + 1: "413 Too large\n"} {
			for name, body := range map[string]io.Reader{
				"sized": bytes.NewReader(make([]byte, size)), "chunked": io.MultiReader(bytes.NewReader(make([]byte, size))),
			} {
				response, err := browser.Post(r.url+"/api/x", "application/json", body)
				if err != nil {
					t.Fatal(err)
				}
				if got := text(t, response); got != want {
					t.Errorf("%s %d: %q", name, size, got)
				}
				_ = response.Body.Close()
			}
		}
	})
}

func TestPageWithoutPetcamWebIsInBothLanguages(t *testing.T) {
	r := startBefore(t, func(listener net.Listener) net.Listener { return listener }, "127.0.0.1:9")
	r.each(t, func(t *testing.T, browser *http.Client) {
		response := get(t, browser, r.url+"/", nil)
		got := text(t, response)
		for _, want := range []string{"起動中", "is starting", `lang="ja"`, `lang="en"`} {
			if response.StatusCode != 502 || !strings.Contains(got, want) {
				t.Errorf("%d: no %q in %s", response.StatusCode, want, got)
			}
		}
		if response.Header.Get("Cache-Control") != "no-store" || response.Header.Get("Content-Security-Policy") == "" {
			t.Error(response.Header)
		}
		_, behind, _ := strings.Cut(got, "<style>")
		looks, _, _ := strings.Cut(behind, "</style>")
		sum := sha256.Sum256([]byte(looks))
		if policy := response.Header.Get("Content-Security-Policy"); !strings.Contains(policy, base64.StdEncoding.EncodeToString(sum[:])) {
			t.Errorf("the browser would leave the style out: %s", policy)
		}
		api := get(t, browser, r.url+"/api/recording/status", nil)
		if got := text(t, api); api.StatusCode != 502 || !strings.HasPrefix(got, `{"error":"Proxy error","message":"`) {
			t.Errorf("%d %s", api.StatusCode, got)
		}
	})
}

func TestPlainHTTPAndOldTLSAreRefused(t *testing.T) {
	r := start(t, http.NotFoundHandler())
	address := strings.TrimPrefix(r.url, "https://")
	old := &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	if conn, err := tls.Dial("tcp", address, old); err == nil {
		_ = conn.Close()
		t.Error("TLS 1.1 was accepted")
	}
	response, err := http.Get("http://" + address)
	if err == nil {
		_ = response.Body.Close()
		if response.StatusCode != 400 {
			t.Errorf("HTTP got %d", response.StatusCode)
		}
	}
}

func write(t *testing.T, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
