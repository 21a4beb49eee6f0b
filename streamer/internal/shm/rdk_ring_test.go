package shm_test

import (
	"bytes"
	"math"
	"os"
	"strings"
	"testing"

	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/shmtest"
)

func TestTheStateOfTheRingSaysWhatIsWrong(t *testing.T) {
	name := shmtest.Name(t)
	reader := openRDK(t, name)
	want := func(at uint64, state, words string) {
		t.Helper()
		if got, message := reader.StateAt(at); got != state || !strings.Contains(message, words) {
			t.Errorf("%s (%s), want %s with %q", got, message, state, words)
		}
	}
	want(0, shm.Waiting, "no daemon writes video yet")
	ring := shmtest.NewRing(t, name)
	reader.Take(1)
	want(shm.Now(), shm.Silent, "nothing is written into it: restart its daemon")
	shoot(ring, 0)
	wantFrames(t, reader, 0)
	shoot(ring, 1)
	published := nextOf(t, reader).PublishNS
	want(published, shm.Live, "")
	want(published+shm.StaleNS, shm.Silent, "restart its daemon")
	for range 2 {
		ring.Copy(ring.N, shmtest.Frame(ring.N, false, 3000))
		ring.Slot(ring.N)[shm.RDKOffsetFormat] = 1
		ring.Raise()
	}
	reader.Take(1)
	want(published+shm.StaleNS, shm.Refused, "format 1 is not H.264")
}

func TestADaemonThatBeginsAnewInTheSameRingIsANewEpoch(t *testing.T) {
	orders(t, func(t *testing.T, ring *shmtest.Ring, reader *shm.RDKReader) {
		shoot(ring, 11)
		wantFrames(t, reader, 10)
		before := nextOf(t, reader)
		ring.N = 0
		shoot(ring, 0)
		after := nextOf(t, reader)
		if after.FrameNumber != 0 || !after.Discontinuity || after.Epoch == before.Epoch {
			t.Errorf("got frame %d of epoch %d after epoch %d", after.FrameNumber, after.Epoch, before.Epoch)
		}
	})
}

func TestARingThatIsMadeAnewIsFollowed(t *testing.T) {
	name := shmtest.Name(t)
	reader := openRDK(t, name)
	shoot(shmtest.NewRing(t, name), 3)
	wantFrames(t, reader, 0, 1, 2, 3)
	files := count(t, "/proc/self/fd")
	for range 20 {
		if err := os.Remove(shm.Directory + name); err != nil {
			t.Fatal(err)
		}
		shoot(shmtest.NewRing(t, name), 0)
		wantFrames(t, reader, 0)
	}
	if after := count(t, "/proc/self/fd"); after > files {
		t.Errorf("%d files are open, %d before", after, files)
	}
}

func TestARingThatIsTruncatedInPlaceDoesNotFault(t *testing.T) {
	name := shmtest.Name(t)
	ring, reader := shmtest.NewRing(t, name), openRDK(t, name)
	shoot(ring, 1)
	wantFrames(t, reader, 0, 1)
	if err := os.Truncate(ring.Path(), 0); err != nil {
		t.Fatal(err)
	}
	if units := reader.Take(2); len(units) != 0 {
		t.Errorf("got frame %d out of nothing", units[0].FrameNumber)
	}
	if err := os.Truncate(ring.Path(), shm.RDKSize); err != nil {
		t.Fatal(err)
	}
	ring.N = 0
	shoot(ring, 0)
	wantFrames(t, reader, 0)
}

func TestTheCountGoesOnPast32Bits(t *testing.T) {
	orders(t, func(t *testing.T, ring *shmtest.Ring, reader *shm.RDKReader) {
		ring.N = math.MaxUint32 - 5
		for range 12 {
			n := ring.N
			ring.Write(shmtest.Frame(n, true, 3000))
			if unit := nextOf(t, reader); unit.FrameNumber != n || unit.Record != n {
				t.Fatalf("got record %d, want %d", unit.Record, n)
			}
		}
	})
}

func TestASegmentThatIsNoRingIsRefusedWithTheRemedy(t *testing.T) {
	name := shmtest.Name(t)
	shmtest.New(t, name)
	reader := openRDK(t, name)
	reader.Take(1)
	state, message := reader.State()
	if want := name + ": has 16777216 bytes, the H.264 ring of an RDK X5 has 93313480: correct camera.layout or camera.stream"; state != shm.Refused || message != want {
		t.Errorf("%s: %s", state, message)
	}
}

// Whatever stands before a frame's data, it is refused or lies within its slot.
func FuzzParseRDKFrame(f *testing.F) {
	var raw shm.RawRDKFrame
	shmtest.EncodeRDKFrame(raw[:], shmtest.Frame(5, true, 1000))
	f.Add(bytes.Clone(raw[:]))
	f.Fuzz(func(t *testing.T, data []byte) {
		copy(raw[:], data)
		size, err := shm.ParseRDKFrame(&raw)
		switch {
		case err == nil && (size < 1 || size > shm.RDKMaxData):
			t.Errorf("accepted %d bytes", size)
		case err != nil && !shm.IsRefusal(err):
			t.Errorf("failed with %T %v", err, err)
		}
	})
}
