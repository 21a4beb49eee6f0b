package rdkx5_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"math"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/rdkx5"
	"petcam/streamer/internal/shm/rdkx5test"
	"petcam/streamer/internal/shm/shmtest"
)

// inBothOrders runs a test with an older and a newer daemon.
func inBothOrders(t *testing.T, test func(t *testing.T, ring *rdkx5test.Ring, reader reader)) {
	for name, early := range map[string]bool{"count raised before the copy": true, "count raised after the copy": false} {
		t.Run(name, func(t *testing.T) {
			segment := shmtest.Name(t)
			ring := rdkx5test.New(t, segment)
			ring.CountFirst = early
			test(t, ring, open(t, segment))
		})
	}
}

// reader is one of the ring with which a test can do something between the two copies of the newest record.
type reader struct {
	*shm.Reader
	betweenCopies *func()
}

func open(t testing.TB, name string) reader {
	t.Helper()
	between := func() {}
	opened := rdkx5.OpenWithRecheck(name, func() { between() }, shm.WithLogger(slog.New(slog.DiscardHandler)))
	t.Cleanup(func() { _ = opened.Close() })
	return reader{opened, &between}
}

// writeUpTo writes the frames from the ring's count on up to last; each tenth is a keyframe.
func writeUpTo(ring *rdkx5test.Ring, last uint64) {
	for ring.Written <= last {
		ring.Write(shmtest.Frame(ring.Written, ring.Written%10 == 0, 3000))
	}
}

func wantFrames(t testing.TB, reader *shm.Reader, want ...uint64) {
	t.Helper()
	for _, frame := range want {
		if unit := shmtest.Next(t, reader); unit.FrameNumber != frame || !shmtest.IsWhole(unit) {
			t.Fatalf("got frame %d, want %d", unit.FrameNumber, frame)
		}
	}
}

func TestFramesComeInOrderFromTheNewestKeyframe(t *testing.T) {
	inBothOrders(t, func(t *testing.T, ring *rdkx5test.Ring, reader reader) {
		writeUpTo(ring, 14)
		wantFrames(t, reader.Reader, 10, 11, 12, 13, 14)
		for n := uint64(15); n < 100; n++ {
			writeUpTo(ring, n)
			wantFrames(t, reader.Reader, n)
		}
		if reader.Skipped() != 0 {
			t.Errorf("skipped %d, want 0", reader.Skipped())
		}
	})
}

func TestAFrameBecomesACompleteAccessUnit(t *testing.T) {
	inBothOrders(t, func(t *testing.T, ring *rdkx5test.Ring, reader reader) {
		sent := shmtest.Frame(0, true, 5000)
		sent.FrameNumber, sent.CaptureNS, sent.Width, sent.Height = 77, 12_000_000_034, 1920, 1080
		ring.Write(sent)
		got := shmtest.Next(t, reader.Reader)
		if got.Epoch == 0 || !bytes.Equal(got.Data, sent.Data) {
			t.Errorf("epoch %d, %d bytes", got.Epoch, len(got.Data))
		}
		if got.PublishNS != 12_000_000_034 {
			t.Errorf("published at %d: a frame that was there before says nothing of a camera that runs", got.PublishNS)
		}
		sent.Epoch, sent.PublishNS, sent.Data, got.Data = got.Epoch, got.PublishNS, nil, nil
		if got.FrameNumber != 77 || got.CaptureNS != sent.CaptureNS || !got.Keyframe || got.Discontinuity || got.Width != 1920 || got.Height != 1080 {
			t.Errorf("got %+v, want %+v", got, sent)
		}
	})
}

func TestAFrameThatIsStillBeingCopiedIsNotReturned(t *testing.T) {
	name := shmtest.Name(t)
	ring, reader := rdkx5test.New(t, name), open(t, name)
	ring.CountFirst = true
	writeUpTo(ring, 0)
	wantFrames(t, reader.Reader, 0)
	for n := uint64(1); n < 45; n++ {
		writeUpTo(ring, n)
		wantFrames(t, reader.Reader, n)
	}
	ring.RaiseCount() // frame 45 is announced, and frame 15 still lies in its slot
	if units := shmtest.Take(reader.Reader, 3); len(units) != 0 {
		t.Fatalf("got frame %d", units[0].FrameNumber)
	}
	ring.Copy(45, shmtest.Frame(45, false, 3000))
	wantFrames(t, reader.Reader, 45)
	if reader.Skipped() != 0 {
		t.Errorf("skipped %d, want 0", reader.Skipped())
	}
}

func TestTheNewestFrameIsReturnedOnlyIfTwoCopiesAreEqual(t *testing.T) {
	for name, change := range map[string]func(slot []byte){
		"its data":   func(slot []byte) { slot[rdkx5.OffsetData+2900]++ },
		"its number": func(slot []byte) { slot[rdkx5.OffsetFrameNumber]++ },
		"its size":   func(slot []byte) { slot[rdkx5.OffsetDataSize]-- },
	} {
		t.Run(name, func(t *testing.T) {
			segment := shmtest.Name(t)
			ring, reader := rdkx5test.New(t, segment), open(t, segment)
			writeUpTo(ring, 0)
			changes := 0
			*reader.betweenCopies = func() {
				change(ring.Slot(0))
				changes++
			}
			if units := shmtest.Take(reader.Reader, 1); len(units) != 0 || changes == 0 {
				t.Fatalf("got %d access units after %d changes", len(units), changes)
			}
			*reader.betweenCopies = func() {}
			ring.Copy(0, shmtest.Frame(0, true, 3000))
			wantFrames(t, reader.Reader, 0)
		})
	}
}

func TestAFrameOverwrittenDuringTheCopyIsRefused(t *testing.T) {
	inBothOrders(t, func(t *testing.T, ring *rdkx5test.Ring, reader reader) {
		writeUpTo(ring, 11)
		*reader.betweenCopies = func() {
			for ring.Written < 41 {
				ring.RaiseCount()
			}
		}
		wantFrames(t, reader.Reader, 10)
		if units := shmtest.Take(reader.Reader, 1); len(units) != 0 { // frame 11 is the newest, and looked at twice
			t.Errorf("got frame %d", units[0].FrameNumber)
		}
	})
}

func TestASlowReaderContinuesAtTheNewestKeyframe(t *testing.T) {
	inBothOrders(t, func(t *testing.T, ring *rdkx5test.Ring, reader reader) {
		writeUpTo(ring, 0)
		wantFrames(t, reader.Reader, 0)
		writeUpTo(ring, 95)
		if unit := shmtest.Next(t, reader.Reader); unit.FrameNumber != 90 || !unit.Discontinuity || !shmtest.IsWhole(unit) {
			t.Errorf("went on at frame %d, want keyframe 90 with a discontinuity", unit.FrameNumber)
		}
		if reader.Skipped() != 89 {
			t.Errorf("skipped %d, want 89", reader.Skipped())
		}
		wantFrames(t, reader.Reader, 91, 92, 93, 94, 95)
	})
}

func TestAnInvalidFrameIsRefusedCountedAndLogged(t *testing.T) {
	put := func(offset int, value uint64) func([]byte) {
		return func(slot []byte) { binary.LittleEndian.PutUint64(slot[offset:], value) }
	}
	for name, c := range map[string]struct {
		spoil func(slot []byte)
		want  string
	}{
		"its size":         {put(rdkx5.OffsetDataSize, 1<<40), "data_size 1099511627776 is not 1..3110400"},
		"no data":          {put(rdkx5.OffsetDataSize, 0), "data_size 0"},
		"its format":       {put(rdkx5.OffsetFormat, 1), "format 1 is not H.264 (3): is camera.stream the right segment?"},
		"its picture":      {put(rdkx5.OffsetWidth, math.MaxUint32), "a picture of -1x0 pixels"},
		"its start code":   {put(rdkx5.OffsetData, 0x4649464a), "does not begin with a NAL start code"},
		"its time":         {put(rdkx5.OffsetSeconds, 0), "does not rise"},
		"negative time":    {put(rdkx5.OffsetSeconds, math.MaxUint64), "the time -1 s"},
		"too many nanosec": {put(rdkx5.OffsetNanoseconds, 1e9), "1000000000 ns is not possible"},
	} {
		t.Run(name, func(t *testing.T) {
			segment, log := shmtest.Name(t), &shmtest.Log{}
			ring := rdkx5test.New(t, segment)
			reader := rdkx5.Open(segment, shm.WithLogger(slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn}))))
			defer func() { _ = reader.Close() }()
			writeUpTo(ring, 0)
			wantFrames(t, reader, 0)
			for range 9 { // frames 1 to 9 follow each other, all bad
				ring.Copy(ring.Written, shmtest.Frame(ring.Written, false, 3000))
				c.spoil(ring.Slot(ring.Written))
				ring.RaiseCount()
			}
			writeUpTo(ring, 10)
			wantFrames(t, reader, 10)
			if reader.Skipped() != 9 {
				t.Errorf("skipped %d, want 9", reader.Skipped())
			}
			got := log.Lines()
			if len(got) != 1 || !strings.Contains(got[0], c.want) || !strings.Contains(got[0], segment) {
				t.Errorf("logged %q, want one line with %q", got, c.want)
			}
		})
	}
}

func TestRewindGoesBackToTheNewestKeyframeThatIsOldEnough(t *testing.T) {
	name := shmtest.Name(t)
	ring, reader := rdkx5test.New(t, name), open(t, name)
	if err := reader.Rewind(0); !errors.Is(err, shm.ErrNoVideo) {
		t.Errorf("an empty ring: %v, want ErrNoVideo", err)
	}
	now := shm.Now()
	for ring.Written < 25 { // keyframes 0, 10, 20, captured 25, 15 and 5 s ago
		unit := shmtest.Frame(ring.Written, ring.Written%10 == 0, 500)
		unit.CaptureNS = now - (25-ring.Written)*uint64(time.Second)
		ring.Write(unit)
	}
	for _, c := range []struct {
		back time.Duration
		want uint64
	}{{0, 20}, {10 * time.Second, 10}, {time.Hour, 0}, {time.Second, 20}} {
		if err := reader.Rewind(c.back); err != nil {
			t.Fatal(err)
		}
		wantFrames(t, reader.Reader, c.want, c.want+1)
	}
}

func TestNoTornFrameOfAFastDaemonIsReturned(t *testing.T) {
	inBothOrders(t, func(t *testing.T, ring *rdkx5test.Ring, reader reader) {
		var writing sync.Mutex
		stop, stopped := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(stopped)
			for {
				writing.Lock()
				ring.Write(shmtest.Frame(ring.Written, ring.Written%5 == 0, 20_000))
				writing.Unlock()
				select {
				case <-stop:
					return
				case <-time.After(2 * time.Millisecond):
				}
			}
		}()
		// The reader trusts that a daemon copies a frame in less time than it leaves between its two copies. On a busy
		// machine the goroutine above may be held up for longer, so here the time lasts until its write has ended.
		*reader.betweenCopies = func() {
			writing.Lock()
			defer writing.Unlock()
		}
		for range 300 {
			if unit := shmtest.Next(t, reader.Reader); !shmtest.IsWhole(unit) {
				t.Errorf("frame %d is torn", unit.FrameNumber)
			}
		}
		close(stop)
		<-stopped
	})
}

func TestReadingAllocatesNothingPerRecord(t *testing.T) {
	name := shmtest.Name(t)
	ring, reader := rdkx5test.New(t, name), open(t, name)
	unit := shmtest.Frame(0, true, 1000)
	allocations := testing.AllocsPerRun(20, func() {
		ring.Write(unit)
		if _, err := reader.Next(context.Background()); err != nil {
			t.Fatal(err)
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations per record, want 0", allocations)
	}
}

func TestCloseEndsAWait(t *testing.T) {
	reader := open(t, shmtest.Name(t))
	failed := make(chan error)
	go func() {
		_, err := reader.Next(context.Background())
		failed <- err
	}()
	if err := reader.Close(); err != nil {
		t.Error(err)
	}
	if err := <-failed; !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v, want os.ErrClosed", err)
	}
}
