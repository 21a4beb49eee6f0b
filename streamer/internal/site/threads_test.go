package site

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"
)

// mustTake takes a thread that must be there at once.
func (t *threads) mustTake(test *testing.T, holder string) (release func()) {
	test.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	release, err := t.take(ctx, holder)
	if err != nil {
		test.Fatal(holder, err)
	}
	return release
}

// begin has somebody wait for a thread, who then has it until stop.
func (t *threads) begin(holder string, tasks *sync.WaitGroup, stop <-chan struct{}) {
	t.mu.Lock()
	before := len(t.waiting)
	t.mu.Unlock()
	tasks.Add(1)
	go func() {
		defer tasks.Done()
		release, _ := t.take(context.Background(), holder)
		<-stop
		release()
	}()
	for waits := before; waits == before; {
		t.mu.Lock()
		waits = len(t.waiting)
		t.mu.Unlock()
	}
}

func TestAHolderHasHalfOfTheThreadsAndWhoHasLeastComesFirst(t *testing.T) {
	threads := newThreads(4)
	var tasks sync.WaitGroup
	stop := make(chan struct{})
	ends := []func(){threads.mustTake(t, "flood"), threads.mustTake(t, "flood")}
	for range 3 {
		threads.begin("flood", &tasks, stop)
	}
	ends = append(ends, threads.mustTake(t, "other"), threads.mustTake(t, "third"))
	threads.begin("owner", &tasks, stop)
	gone, leave := context.WithCancel(context.Background())
	leave()
	if _, err := threads.take(gone, "owner"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	ends[0]()
	threads.mu.Lock()
	if threads.held["owner"] != 1 || threads.held["flood"] != 1 {
		t.Error(threads.held)
	}
	threads.mu.Unlock()
	for _, end := range ends {
		end() // twice does no harm
	}
	close(stop)
	tasks.Wait()
	if threads.taken != 0 || len(threads.held) != 0 || len(threads.waiting) != 0 {
		t.Errorf("%d, %v, %v are left", threads.taken, threads.held, threads.waiting)
	}
}

func TestHandlersOfOneNetworkLeaveThreadsToOthersAndThoseThatAreReadHaveNone(t *testing.T) {
	s := openSite(t, nil)
	begun, ended := make(chan struct{}, maxThreads), make(chan struct{})
	s.Add(
		Route{Method: "GET", Path: "/api/disk", Handle: func(http.ResponseWriter, *Request) error {
			begun <- struct{}{}
			<-ended
			return nil
		}},
		Route{Method: "GET", Path: "/api/sent", Handle: func(w http.ResponseWriter, r *Request) error {
			_ = BeginStream(w, "text/plain")
			begun <- struct{}{}
			<-ended
			return nil
		}},
	)
	address := listen(t, s)
	t.Cleanup(func() { close(ended) })
	const request = "GET /api/disk HTTP/1.1\r\nHost: localhost\r\n\r\n"
	for range maxThreads + 5 {
		_, _ = io.WriteString(dialFrom(t, address, "127.0.0.2"), request)
	}
	for range maxThreads / 2 {
		<-begun
	}
	for at := range maxThreads {
		_, _ = io.WriteString(dialFrom(t, address, "127.0.1."+strconv.Itoa(at+1)), "GET /api/sent HTTP/1.1\r\nHost: localhost\r\n\r\n")
		<-begun
	}
	s.threads.mu.Lock()
	defer s.threads.mu.Unlock()
	if s.threads.taken != maxThreads/2 {
		t.Errorf("%d threads are taken", s.threads.taken)
	}
}
