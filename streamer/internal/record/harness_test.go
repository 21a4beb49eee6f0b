package record

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
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

// harness is a Recorder for a test, with a directory and a source of its own.
type harness struct {
	*Recorder
	t      *testing.T
	dir    string
	source *fakeSource
	log    *logBuffer
}

func newHarness(t *testing.T, change func(*Options)) *harness {
	t.Helper()
	h := &harness{t: t, dir: filepath.Join(t.TempDir(), "recordings"), source: newFakeSource(), log: &logBuffer{}}
	options := Options{
		Directory: h.dir, PreRoll: time.Hour, Segment: time.Hour, MinFree: 1,
		Log: slog.New(slog.NewTextHandler(h.log, nil)),
	}
	if change != nil {
		change(&options)
	}
	h.dir = options.Directory
	h.Recorder = New(options, func() Source { return h.source })
	h.system.stopTimeout = 0 // harness.stop waits for the frames itself
	t.Cleanup(h.Close)
	return h
}

// wrappedDisk is a disk whose opened files are others.
type wrappedDisk struct {
	fileSystem
	wrap func(file) file
}

func (d wrappedDisk) OpenFile(name string, flag int, mode fs.FileMode) (file, error) {
	f, err := d.fileSystem.OpenFile(name, flag, mode)
	if err != nil {
		return nil, err
	}
	return d.wrap(f), nil
}

// wrapFiles puts others in the place of the files that are opened from now on.
func (h *harness) wrapFiles(wrap func(file) file) {
	h.system.openDisk = func(path string) (fileSystem, error) {
		disk, err := openDisk(path, nil)
		return wrappedDisk{disk, wrap}, err
	}
}

// start begins a recording that must begin.
func (h *harness) start() string {
	h.t.Helper()
	name, err := h.Start("")
	if err != nil {
		h.t.Fatal(err)
	}
	return name
}

// stop ends a recording that must end well, once everything published is in it.
func (h *harness) stop() Status {
	h.t.Helper()
	h.source.waitUntilRead()
	status, err := h.Stop()
	if err != nil {
		h.t.Fatal(err)
	}
	return status
}

// waitUntilEnded waits until the recording has ended by itself.
func (h *harness) waitUntilEnded() { <-h.ending() }

// ending is closed when the recording has ended.
func (h *harness) ending() <-chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.session != nil {
		return h.session.done
	}
	ended := make(chan struct{})
	close(ended)
	return ended
}

// files lists the directory's names.
func (h *harness) files() []string {
	h.t.Helper()
	entries, err := os.ReadDir(h.dir)
	if err != nil {
		h.t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func (h *harness) size(name string) int64 {
	h.t.Helper()
	info, err := os.Stat(h.path(name))
	if err != nil {
		h.t.Fatal(err)
	}
	return info.Size()
}

// path is the full name of a file.
func (h *harness) path(name string) string { return filepath.Join(h.dir, name) }

// holds checks that the file is an ordinary MP4 with exactly these access units.
func (h *harness) holds(name string, units []h264.AccessUnit) {
	h.t.Helper()
	if boxes := mp4test.Boxes(h.t, h.path(name)); !slices.Equal(boxes, []string{"ftyp", "mdat", "moov"}) {
		h.t.Errorf("%s: boxes are %v", name, boxes)
	}
	if got, want := mp4test.Packets(h.t, h.path(name)), mp4test.Expect(units); !slices.Equal(got, want) {
		h.t.Errorf("%s holds %d frames, want %d, or others than these", name, len(got), len(want))
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

// logBuffer is a log that may be read while it is written.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// lines returns the log's lines with the words in them.
func (l *logBuffer) lines(words string) (found []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.b.String()) {
		if strings.Contains(line, words) {
			found = append(found, line)
		}
	}
	return found
}

// fakeSource keeps what was published, as the shared memory does.
type fakeSource struct {
	mu     sync.Mutex
	units  []h264.AccessUnit
	next   int
	wakeup chan struct{}
	err    error

	skipped uint64
	waiting bool       // nothing is left to hand out, or nobody reads any more
	idle    *sync.Cond // signals waiting

	beforeNext func() // called before each Next, where set
}

func newFakeSource() *fakeSource {
	h := &fakeSource{wakeup: make(chan struct{})}
	h.idle = sync.NewCond(&h.mu)
	return h
}

// publish appends access units, published now.
func (h *fakeSource) publish(units ...h264.AccessUnit) {
	_, now := bothClocks()
	for i := range units {
		units[i].PublishNS = now
	}
	h.put(units...)
}

// put appends access units as they are.
func (h *fakeSource) put(units ...h264.AccessUnit) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.units = append(h.units, units...)
	h.waiting = false
	close(h.wakeup)
	h.wakeup = make(chan struct{})
}

func (h *fakeSource) fail(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = err
	close(h.wakeup)
	h.wakeup = make(chan struct{})
}

// waitUntilRead waits until everything published has been handed out and more is asked for.
func (h *fakeSource) waitUntilRead() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for !h.waiting {
		h.idle.Wait()
	}
}

func (h *fakeSource) Next(ctx context.Context) (h264.AccessUnit, error) {
	if h.beforeNext != nil {
		h.beforeNext()
	}
	for {
		h.mu.Lock()
		wakeup, err := h.wakeup, h.err
		if h.next < len(h.units) {
			au := h.units[h.next]
			h.next++
			h.mu.Unlock()
			return au, nil
		}
		h.markIdle()
		h.mu.Unlock()
		if err != nil {
			return h264.AccessUnit{}, err
		}
		select {
		case <-ctx.Done():
			return h264.AccessUnit{}, ctx.Err()
		case <-wakeup:
		}
	}
}

func (h *fakeSource) Rewind(back time.Duration) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	found := false
	for i, au := range h.units { // ages are told from the newest, so that a slow machine changes nothing
		age := h.units[len(h.units)-1].CaptureNS - au.CaptureNS
		if au.Keyframe && (!found || age >= uint64(back)) {
			h.next, found = i, true
		}
	}
	if !found {
		return errors.New("no video")
	}
	h.waiting = false // what lies behind is read anew
	return nil
}

func (h *fakeSource) Skipped() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.skipped
}

func (h *fakeSource) Close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.markIdle()
	return nil
}

// markIdle wakes waitUntilRead. mu must be held.
func (h *fakeSource) markIdle() {
	h.waiting = true
	h.idle.Broadcast()
}
