package tlsproxy

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"petcam/streamer/internal/fairshare"
)

// foreignListener is a listener to which each connection comes from another address of one /64.
type foreignListener struct {
	net.Listener
	next atomic.Uint32
}

func (l *foreignListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	from := fmt.Sprintf("[2001:db8::%x]:1", l.next.Add(1))
	return foreignConn{conn, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(from))}, nil
}

type foreignConn struct {
	net.Conn
	from net.Addr
}

func (c foreignConn) RemoteAddr() net.Addr { return c.from }

// foreign has the connections to a Proxy come from elsewhere.
func foreign(listener net.Listener) net.Listener {
	return fairshare.Limit(&foreignListener{Listener: listener}, 128, 16, quiet())
}

// flooder is a browser with one HTTP/2 connection of its own.
func flooder(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// beginBody sends a request with n bytes of a body that never ends; ended gets how it ended.
func beginBody(t *testing.T, browser *http.Client, url string, n int, ended chan<- error) {
	t.Helper()
	reader, writer := io.Pipe()
	t.Cleanup(func() { _ = writer.Close() })
	go func() {
		response, err := browser.Post(url, "text/plain", reader)
		if err == nil {
			err = fmt.Errorf("answered: %s", response.Status)
			_ = response.Body.Close()
		}
		_ = reader.CloseWithError(err)
		ended <- err
	}()
	_, _ = writer.Write(make([]byte, n))
}

func TestBodiesOfAFloodOverHTTP2GiveWayAndAnHonestOneComesThrough(t *testing.T) {
	r := startOn(t, foreign, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprint(w, len(body))
	}))
	const each, connections = 60_000, 8
	ended := make(chan error, connections*maxStreams)
	for range connections { // over twice what fits
		browser := flooder(t)
		for range maxStreams - 1 {
			beginBody(t, browser, r.url+"/login", each, ended)
		}
	}
	if err := <-ended; strings.HasPrefix(err.Error(), "answered") {
		t.Errorf("nothing gave way before its time was over: %v", err)
	}
	r.each(t, func(t *testing.T, browser *http.Client) {
		response, err := browser.Post(r.url+"/login", "text/plain", strings.NewReader(strings.Repeat("x", 5000)))
		if err != nil {
			t.Fatal(err)
		}
		if got := text(t, response); got != "5000" {
			t.Errorf("the honest one got %q", got)
		}
		_ = response.Body.Close()
	})
}
