package record

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/mp4/mp4test"
)

// rig is a Recorder with a directory and a source of its own.
type rig struct {
	*Recorder
	t    *testing.T
	dir  string
	ring *ring
	log  *logBook
}

func newRig(t *testing.T, change func(*Options)) *rig {
	t.Helper()
	r := &rig{t: t, dir: filepath.Join(t.TempDir(), "recordings"), ring: newRing(), log: &logBook{}}
	options := Options{
		Directory: r.dir, PreRoll: time.Hour, Segment: time.Hour, MinFree: 1,
		Log: slog.New(slog.NewTextHandler(r.log, nil)),
	}
	if change != nil {
		change(&options)
	}
	r.dir = options.Directory
	r.Recorder = New(options, func() Source { return r.ring })
	r.system.stopLimit = 0 // stop waits for the frames by itself
	t.Cleanup(r.Close)
	return r
}

// start begins a recording that must begin.
func (r *rig) start() string {
	r.t.Helper()
	name, err := r.Start("")
	if err != nil {
		r.t.Fatal(err)
	}
	return name
}

// stop ends a recording that must end well, once everything published is in it.
func (r *rig) stop() Status {
	r.t.Helper()
	r.ring.untilRead()
	status, err := r.Stop()
	if err != nil {
		r.t.Fatal(err)
	}
	return status
}

// untilEnded waits until the recording has ended by itself.
func (r *rig) untilEnded() {
	r.mu.Lock()
	s := r.session
	r.mu.Unlock()
	if s != nil {
		<-s.done
	}
}

// files lists the directory's names.
func (r *rig) files() []string {
	r.t.Helper()
	entries, err := os.ReadDir(r.dir)
	if err != nil {
		r.t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func (r *rig) size(name string) int64 {
	r.t.Helper()
	info, err := os.Stat(r.path(name))
	if err != nil {
		r.t.Fatal(err)
	}
	return info.Size()
}

// path is the full name of a file.
func (r *rig) path(name string) string { return filepath.Join(r.dir, name) }

// holds checks that the file is an ordinary MP4 with exactly these access units.
func (r *rig) holds(name string, units []h264.AccessUnit) {
	r.t.Helper()
	if boxes := mp4test.Boxes(r.t, r.path(name)); !slices.Equal(boxes, []string{"ftyp", "mdat", "moov"}) {
		r.t.Errorf("%s: boxes are %v", name, boxes)
	}
	if got, want := mp4test.Packets(r.t, r.path(name)), mp4test.Expect(units); !slices.Equal(got, want) {
		r.t.Errorf("%s holds %d frames, want %d, or others than these", name, len(got), len(want))
	}
}

// seconds makes a clip of so many seconds that ends now.
func seconds(t *testing.T, n int) []h264.AccessUnit {
	_, now := bothClocks()
	return mp4test.Clip(t, "baseline", 160, 120, 30*n, now-uint64(n)*1e9)
}

func wantError(t *testing.T, err error, code apierror.Code, words string) {
	t.Helper()
	var f *apierror.Error
	if !errors.As(err, &f) || f.Code != code || !strings.Contains(f.Message, words) {
		t.Errorf("error is %v, want %s with %q", err, code, words)
	}
}

// logBook is a log that may be read while it is written.
type logBook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// lines returns the log's lines with the words in them.
func (l *logBook) lines(words string) (found []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.b.String()) {
		if strings.Contains(line, words) {
			found = append(found, line)
		}
	}
	return found
}

// ring is a source that keeps what was published, as the segment does.
type ring struct {
	mu    sync.Mutex
	units []h264.AccessUnit
	next  int
	news  chan struct{}
	err   error

	skipped uint64
	waiting bool       // nothing is left to hand out, or nobody reads any more
	idle    *sync.Cond // signals waiting

	asked func() // called before each Next, where set
}

func newRing() *ring {
	r := &ring{news: make(chan struct{})}
	r.idle = sync.NewCond(&r.mu)
	return r
}

// publish appends access units, published now.
func (r *ring) publish(units ...h264.AccessUnit) {
	_, now := bothClocks()
	for i := range units {
		units[i].PublishNS = now
	}
	r.put(units...)
}

// put appends access units as they are.
func (r *ring) put(units ...h264.AccessUnit) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.units = append(r.units, units...)
	r.waiting = false
	close(r.news)
	r.news = make(chan struct{})
}

func (r *ring) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = err
	close(r.news)
	r.news = make(chan struct{})
}

// untilRead waits until everything published has been handed out and more is asked for.
func (r *ring) untilRead() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for !r.waiting {
		r.idle.Wait()
	}
}

func (r *ring) Next(ctx context.Context) (h264.AccessUnit, error) {
	if r.asked != nil {
		r.asked()
	}
	for {
		r.mu.Lock()
		news, err := r.news, r.err
		if r.next < len(r.units) {
			au := r.units[r.next]
			r.next++
			r.mu.Unlock()
			return au, nil
		}
		r.rest()
		r.mu.Unlock()
		if err != nil {
			return h264.AccessUnit{}, err
		}
		select {
		case <-ctx.Done():
			return h264.AccessUnit{}, ctx.Err()
		case <-news:
		}
	}
}

func (r *ring) Rewind(back time.Duration) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := false
	for i, au := range r.units { // ages are told from the newest, so that a slow machine changes nothing
		age := r.units[len(r.units)-1].CaptureNS - au.CaptureNS
		if au.Keyframe && (!found || age >= uint64(back)) {
			r.next, found = i, true
		}
	}
	if !found {
		return errors.New("no video")
	}
	r.waiting = false // what lies behind is read anew
	return nil
}

func (r *ring) Skipped() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.skipped
}

func (r *ring) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rest()
	return nil
}

// rest wakes untilRead. mu must be held.
func (r *ring) rest() {
	r.waiting = true
	r.idle.Broadcast()
}
