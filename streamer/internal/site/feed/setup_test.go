package feed

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"petcam/streamer/internal/config"
	"petcam/streamer/internal/detections"
	"petcam/streamer/internal/page"
	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/shmtest"
	"petcam/streamer/internal/site"
	"petcam/streamer/internal/sound"
)

const patience = 20 * time.Second // of a test, for what comes sooner

// visitors are those of a site with one session, which is whoever's.
type visitors struct{ lasts atomic.Bool }

func (v *visitors) LoginNeeded() bool { return true }
func (v *visitors) Find(*site.Request) *site.Session {
	return &site.Session{ID: "one", Lasts: v.lasts.Load, Left: func() float64 { return 1 }}
}
func (v *visitors) Accepts(string) bool       { return false }
func (v *visitors) MayTurnCamera(string) bool { return false }

// setup is a site with nothing but the events, over segments in the shared memory.
type setup struct {
	feed       *Feed
	segment    string
	detector   *shmtest.Detector
	microphone *shmtest.Microphone
	visitors   visitors
	cameraOn   atomic.Bool
	soundOn    atomic.Bool
	later      atomic.Uint64 // by how much the clock of the feed is ahead, ns
	opened     chan string   // each time that a segment is opened or closed
	address    string
	end        context.CancelFunc // of Run
}

// counted says when it is closed.
type counted struct {
	Results
	opened chan string
}

func (c counted) Close() { c.Results.Close(); c.opened <- "closed" }

func open(t *testing.T, threads int) *setup {
	t.Helper()
	s := &setup{segment: shmtest.Name(t), opened: make(chan string, 100)}
	s.detector = shmtest.NewDetector(t, s.segment)
	s.microphone = shmtest.NewMicrophone(t, s.segment+"_audio")
	s.visitors.lasts.Store(true)
	s.cameraOn.Store(true)
	s.soundOn.Store(true)
	s.feed = New(Options{
		Detections: func() Results {
			s.opened <- "opened"
			return counted{shm.OpenDetections(s.segment, shm.WithGate(func() (bool, uint64) { return s.cameraOn.Load(), 0 })), s.opened}
		},
		Sound: &Sound{
			Open: func() Packets { return shm.OpenSound(s.segment + "_audio") },
			On:   s.soundOn.Load,
		},
		Streams: site.NewStreams(threads),
		Now:     func() uint64 { return shm.Now() + s.later.Load() },
	})
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { defer close(ended); s.feed.Run(ctx) }()
	s.end = func() { end(); <-ended }
	t.Cleanup(s.end)
	s.serve(t)
	return s
}

func (s *setup) serve(t *testing.T) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	all := site.New(site.Options{
		Bundle: bundle(t), Config: config.Default(), Visitors: &s.visitors, CameraOn: s.cameraOn.Load, Log: log,
	})
	all.Add(s.feed.Routes()...)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := site.NewServer(all, log)
	go func() { _ = server.Serve(site.Limit(listener, log)) }()
	t.Cleanup(func() { _ = server.Close() })
	s.address = listener.Addr().String()
}

func bundle(t *testing.T) *page.Bundle {
	t.Helper()
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	_, _ = io.WriteString(writer, `{"version": 1, "languages": ["en"], "words": {"en": {}}, "pages": {"error": {"en": ["no"]}},
		"static": [{"name": "a.png", "type": "image/png", "etag": "00000000000000ff", "gzipped": false, "counts": true}],
		"inlined": {"script": "", "old": "", "style": "", "icon": ""}, "manifest": "{}"}`)
	_ = writer.Close()
	made, err := page.Read(fstest.MapFS{"index.json.gz": {Data: packed.Bytes()}, "static/a.png": {}}, "Cam")
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// client is one that listens.
type client struct {
	t      *testing.T
	conn   *net.TCPConn
	reader *bufio.Reader
	answer *http.Response
	body   *bufio.Reader
}

func (s *setup) dial(t *testing.T, request string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	c := &client{t: t, conn: conn.(*net.TCPConn), reader: bufio.NewReader(conn)}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ")
	if c.answer, err = http.ReadResponse(c.reader, &http.Request{Method: method}); err != nil {
		t.Fatal(err)
	}
	c.body = bufio.NewReader(c.answer.Body)
	return c
}

func (s *setup) ask(t *testing.T, method, version string) *client {
	t.Helper()
	return s.dial(t, fmt.Sprintf("%s /api/detections/stream HTTP/%s\r\nHost: localhost\r\n\r\n", method, version))
}

// listen opens a stream and reads its first field.
func (s *setup) listen(t *testing.T) *client {
	t.Helper()
	before := s.feed.Listeners()
	c := s.ask(t, "GET", "1.1")
	c.expect(retryField)
	s.until(t, func() bool { return s.feed.Listeners() > before })
	return c
}

// until waits for what has no event to wait for.
func (s *setup) until(t *testing.T, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not come to that")
		}
	}
}

// expectOpened waits for the reader to be opened or closed.
func (s *setup) expectOpened(t *testing.T, want string) {
	t.Helper()
	select {
	case got := <-s.opened:
		if got != want {
			t.Fatalf("%s, not %s", got, want)
		}
	case <-time.After(patience):
		t.Fatal("not ", want)
	}
}

// event reads up to an empty line.
func (c *client) event() string {
	c.t.Helper()
	var all strings.Builder
	for !strings.HasSuffix(all.String(), "\n\n") {
		line, err := c.body.ReadString('\n')
		if err != nil {
			c.t.Fatalf("%v behind %q", err, all.String())
		}
		all.WriteString(line)
	}
	return all.String()
}

func (c *client) expect(want string) {
	c.t.Helper()
	if got := c.event(); got != want {
		c.t.Fatalf("got %q, not %q", got, want)
	}
}

// expectEnd reads to the end of the answer, which is to be a proper one.
func (c *client) expectEnd(within time.Duration) {
	c.t.Helper()
	_ = c.conn.SetReadDeadline(time.Now().Add(within))
	if _, err := io.Copy(io.Discard, c.body); err != nil {
		c.t.Fatalf("no end: %v", err)
	}
}

// result is what a detector found on the frame of that number.
func result(number uint64) detections.Result {
	box := detections.Box{Class: "いぬ", Score: 0.93, X: 412.5, Y: 300, W: 180.25, H: 120}
	return detections.Result{FrameNumber: number, CaptureNS: 1_000_000 + number, Width: 1280, Height: 720, Boxes: []detections.Box{box}}
}

func eventFor(number uint64) string {
	r := result(number)
	return string(appendResult(nil, &r))
}

func packet(number uint64, rms float32) sound.Packet {
	made := shmtest.Sound(number, 80)
	made.RMS = rms
	return made
}
