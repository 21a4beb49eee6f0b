package shm_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/shmtest"
)

// orders runs a test with a daemon of each kind.
func orders(t *testing.T, test func(t *testing.T, ring *shmtest.Ring, reader *shm.RDKReader)) {
	for name, early := range map[string]bool{"count raised before the copy": true, "count raised after the copy": false} {
		t.Run(name, func(t *testing.T) {
			segment := shmtest.Name(t)
			ring := shmtest.NewRing(t, segment)
			ring.Early = early
			test(t, ring, openRDK(t, segment))
		})
	}
}

func openRDK(t testing.TB, name string) *shm.RDKReader {
	t.Helper()
	reader := shm.OpenRDK(name, shm.WithLogger(slog.New(slog.DiscardHandler)))
	t.Cleanup(func() { _ = reader.Close() })
	return reader
}

// shoot writes the frames from the ring's count on up to last; each tenth is a keyframe.
func shoot(ring *shmtest.Ring, last uint64) {
	for ring.N <= last {
		ring.Write(shmtest.Frame(ring.N, ring.N%10 == 0, 3000))
	}
}

func wantFrames(t testing.TB, reader *shm.RDKReader, want ...uint64) {
	t.Helper()
	for _, frame := range want {
		if unit := nextOf(t, reader); unit.FrameNumber != frame || !whole(unit) {
			t.Fatalf("got frame %d, want %d", unit.FrameNumber, frame)
		}
	}
}

func TestEveryFrameOfTheRingComesInOrderFromTheNewestKeyframeOn(t *testing.T) {
	orders(t, func(t *testing.T, ring *shmtest.Ring, reader *shm.RDKReader) {
		shoot(ring, 14)
		wantFrames(t, reader, 10, 11, 12, 13, 14)
		for n := uint64(15); n < 100; n++ {
			shoot(ring, n)
			wantFrames(t, reader, n)
		}
		if reader.Skipped() != 0 {
			t.Errorf("skipped %d, want 0", reader.Skipped())
		}
	})
}

func TestAFrameOfTheRingHasAllThatAnAccessUnitHas(t *testing.T) {
	orders(t, func(t *testing.T, ring *shmtest.Ring, reader *shm.RDKReader) {
		sent := shmtest.Frame(0, true, 5000)
		sent.FrameNumber, sent.CaptureNS, sent.Width, sent.Height = 77, 12_000_000_034, 1920, 1080
		ring.Write(sent)
		got := nextOf(t, reader)
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
	ring, reader := shmtest.NewRing(t, name), openRDK(t, name)
	ring.Early = true
	shoot(ring, 0)
	wantFrames(t, reader, 0)
	for n := uint64(1); n < 45; n++ {
		shoot(ring, n)
		wantFrames(t, reader, n)
	}
	ring.Raise() // frame 45 is announced, and frame 15 still lies in its slot
	if units := reader.Take(3); len(units) != 0 {
		t.Fatalf("got frame %d", units[0].FrameNumber)
	}
	ring.Copy(45, shmtest.Frame(45, false, 3000))
	wantFrames(t, reader, 45)
	if reader.Skipped() != 0 {
		t.Errorf("skipped %d, want 0", reader.Skipped())
	}
}

func TestTheNewestFrameIsBelievedOnlyWhenTwoLooksAgree(t *testing.T) {
	for name, change := range map[string]func(slot []byte){
		"its data":   func(slot []byte) { slot[shm.RDKOffsetData+2900]++ },
		"its number": func(slot []byte) { slot[shm.RDKOffsetFrameNumber]++ },
		"its size":   func(slot []byte) { slot[shm.RDKOffsetDataSize]-- },
	} {
		t.Run(name, func(t *testing.T) {
			segment := shmtest.Name(t)
			ring, reader := shmtest.NewRing(t, segment), openRDK(t, segment)
			shoot(ring, 0)
			changes := 0
			reader.BetweenLooks(func() {
				change(ring.Slot(0))
				changes++
			})
			if units := reader.Take(1); len(units) != 0 || changes == 0 {
				t.Fatalf("got %d access units after %d changes", len(units), changes)
			}
			reader.BetweenLooks(nil)
			ring.Copy(0, shmtest.Frame(0, true, 3000))
			wantFrames(t, reader, 0)
		})
	}
}

func TestAFrameWhoseSlotComesRoundWhileItIsCopiedIsRefused(t *testing.T) {
	orders(t, func(t *testing.T, ring *shmtest.Ring, reader *shm.RDKReader) {
		shoot(ring, 11)
		reader.BetweenLooks(func() {
			for ring.N < 41 {
				ring.Raise()
			}
		})
		wantFrames(t, reader, 10)
		if units := reader.Take(1); len(units) != 0 { // frame 11 is the newest, and looked at twice
			t.Errorf("got frame %d", units[0].FrameNumber)
		}
	})
}

func TestAReaderOfTheRingThatFellBehindGoesOnAtTheNewestKeyframe(t *testing.T) {
	orders(t, func(t *testing.T, ring *shmtest.Ring, reader *shm.RDKReader) {
		shoot(ring, 0)
		wantFrames(t, reader, 0)
		shoot(ring, 95)
		if unit := nextOf(t, reader); unit.FrameNumber != 90 || !unit.Discontinuity || !whole(unit) {
			t.Errorf("went on at frame %d, want keyframe 90 with a discontinuity", unit.FrameNumber)
		}
		if reader.Skipped() != 89 {
			t.Errorf("skipped %d, want 89", reader.Skipped())
		}
		wantFrames(t, reader, 91, 92, 93, 94, 95)
	})
}

func TestAFrameThatMakesNoSenseIsRefusedCountedAndLogged(t *testing.T) {
	put := func(offset int, value uint64) func([]byte) {
		return func(slot []byte) { binary.LittleEndian.PutUint64(slot[offset:], value) }
	}
	for name, c := range map[string]struct {
		spoil func(slot []byte)
		want  string
	}{
		"its size":         {put(shm.RDKOffsetDataSize, 1<<40), "data_size 1099511627776 is not 1..3110400"},
		"no data":          {put(shm.RDKOffsetDataSize, 0), "data_size 0"},
		"its format":       {put(shm.RDKOffsetFormat, 1), "format 1 is not H.264 (3): is camera.stream the right segment?"},
		"its picture":      {put(shm.RDKOffsetWidth, math.MaxUint32), "a picture of -1x0 pixels"},
		"its start code":   {put(shm.RDKOffsetData, 0x4649464a), "does not begin with a NAL start code"},
		"its time":         {put(shm.RDKOffsetSeconds, 0), "does not rise"},
		"negative time":    {put(shm.RDKOffsetSeconds, math.MaxUint64), "the time -1 s"},
		"too many nanosec": {put(shm.RDKOffsetNanoseconds, 1e9), "1000000000 ns is not possible"},
	} {
		t.Run(name, func(t *testing.T) {
			segment, log := shmtest.Name(t), &lines{}
			ring := shmtest.NewRing(t, segment)
			reader := shm.OpenRDK(segment, shm.WithLogger(slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelWarn}))))
			defer func() { _ = reader.Close() }()
			shoot(ring, 0)
			wantFrames(t, reader, 0)
			for range 9 { // frames 1 to 9 follow each other, all bad
				ring.Copy(ring.N, shmtest.Frame(ring.N, false, 3000))
				c.spoil(ring.Slot(ring.N))
				ring.Raise()
			}
			shoot(ring, 10)
			wantFrames(t, reader, 10)
			if reader.Skipped() != 9 {
				t.Errorf("skipped %d, want 9", reader.Skipped())
			}
			got := log.all()
			if len(got) != 1 || !strings.Contains(got[0], c.want) || !strings.Contains(got[0], segment) {
				t.Errorf("logged %q, want one line with %q", got, c.want)
			}
		})
	}
}

func TestTheRingIsRewoundToTheNewestKeyframeThatIsOldEnough(t *testing.T) {
	name := shmtest.Name(t)
	ring, reader := shmtest.NewRing(t, name), openRDK(t, name)
	if err := reader.Rewind(0); !errors.Is(err, shm.ErrNoVideo) {
		t.Errorf("an empty ring: %v, want ErrNoVideo", err)
	}
	now := shm.Now()
	for ring.N < 25 { // keyframes 0, 10, 20, captured 25, 15 and 5 s ago
		unit := shmtest.Frame(ring.N, ring.N%10 == 0, 500)
		unit.CaptureNS = now - (25-ring.N)*uint64(time.Second)
		ring.Write(unit)
	}
	for _, c := range []struct {
		back time.Duration
		want uint64
	}{{0, 20}, {10 * time.Second, 10}, {time.Hour, 0}, {time.Second, 20}} {
		if err := reader.Rewind(c.back); err != nil {
			t.Fatal(err)
		}
		wantFrames(t, reader, c.want, c.want+1)
	}
}

func TestNoTornFrameOfAFastDaemonIsReturned(t *testing.T) {
	orders(t, func(t *testing.T, ring *shmtest.Ring, reader *shm.RDKReader) {
		stop, stopped := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(stopped)
			for {
				ring.Write(shmtest.Frame(ring.N, ring.N%5 == 0, 20_000))
				select {
				case <-stop:
					return
				case <-time.After(2 * time.Millisecond):
				}
			}
		}()
		for range 300 {
			if unit := nextOf(t, reader); !whole(unit) {
				t.Errorf("frame %d is torn", unit.FrameNumber)
			}
		}
		close(stop)
		<-stopped
	})
}

func TestReadingTheRingAllocatesNothingPerRecord(t *testing.T) {
	name := shmtest.Name(t)
	ring, reader := shmtest.NewRing(t, name), openRDK(t, name)
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

func TestCloseEndsAWaitForTheRing(t *testing.T) {
	reader := openRDK(t, shmtest.Name(t))
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

func nextOf(t testing.TB, reader interface {
	Next(context.Context) (h264.AccessUnit, error)
}) h264.AccessUnit {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	unit, err := reader.Next(ctx)
	if err != nil {
		t.Fatalf("Next: %v", err)
	}
	return unit
}
