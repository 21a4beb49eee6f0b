package rdkx5_test

import (
	"bytes"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/rdkx5"
	"petcam/streamer/internal/shm/rdkx5test"
	"petcam/streamer/internal/shm/shmtest"
)

func TestPicturesWithoutAKeyframeAreAStateOfTheirOwn(t *testing.T) {
	name := shmtest.Name(t)
	ring, reader := rdkx5test.New(t, name), open(t, name)
	shmtest.Take(reader.Reader, 1)
	for _, agoNS := range []uint64{3e9, 1} {
		unit := shmtest.Frame(ring.Written, false, 3000)
		unit.CaptureNS = shm.Now() - agoNS
		ring.Copy(ring.Written, unit)
		ring.RaiseCount()
	}
	shmtest.Take(reader.Reader, 1)
	if state, message := reader.State(); state != shm.NoKeyframe || !strings.Contains(message, "for 3 s") {
		t.Errorf("%s (%s), want none for 3 s", state, message)
	}
}

func TestTheStateReportsWhatIsWrong(t *testing.T) {
	name := shmtest.Name(t)
	reader := open(t, name)
	want := func(at uint64, state, words string) {
		t.Helper()
		if got, message := reader.StateAt(at); got != state || !strings.Contains(message, words) {
			t.Errorf("%s (%s), want %s with %q", got, message, state, words)
		}
	}
	want(0, shm.Waiting, "no daemon writes video yet")
	ring := rdkx5test.New(t, name)
	shmtest.Take(reader.Reader, 1)
	want(shm.Now(), shm.Silent, "nothing is written into it: restart its daemon")
	writeUpTo(ring, 0)
	wantFrames(t, reader.Reader, 0)
	writeUpTo(ring, 1)
	published := shmtest.Next(t, reader.Reader).PublishNS
	want(published, shm.Live, "")
	want(published+shm.StaleNS, shm.Silent, "restart its daemon")
	for range 2 {
		ring.Copy(ring.Written, shmtest.Frame(ring.Written, false, 3000))
		ring.Slot(ring.Written)[rdkx5.OffsetFormat] = 1
		ring.RaiseCount()
	}
	shmtest.Take(reader.Reader, 1)
	want(published+shm.StaleNS, shm.Refused, "format 1 is not H.264")
}

func TestADaemonRestartInTheSameRingIsANewEpoch(t *testing.T) {
	inBothOrders(t, func(t *testing.T, ring *rdkx5test.Ring, reader reader) {
		writeUpTo(ring, 11)
		wantFrames(t, reader.Reader, 10)
		before := shmtest.Next(t, reader.Reader)
		ring.Written = 0
		writeUpTo(ring, 0)
		after := shmtest.Next(t, reader.Reader)
		if after.FrameNumber != 0 || !after.Discontinuity || after.Epoch == before.Epoch {
			t.Errorf("got frame %d of epoch %d after epoch %d", after.FrameNumber, after.Epoch, before.Epoch)
		}
	})
}

func TestAReplacedRingIsFollowed(t *testing.T) {
	name := shmtest.Name(t)
	reader := open(t, name)
	writeUpTo(rdkx5test.New(t, name), 3)
	wantFrames(t, reader.Reader, 0, 1, 2, 3)
	files := shmtest.OpenFiles(t)
	for range 20 {
		if err := os.Remove(shm.Directory + name); err != nil {
			t.Fatal(err)
		}
		writeUpTo(rdkx5test.New(t, name), 0)
		wantFrames(t, reader.Reader, 0)
	}
	if after := shmtest.OpenFiles(t); after > files {
		t.Errorf("%d files are open, %d before", after, files)
	}
}

func TestATruncatedRingDoesNotFault(t *testing.T) {
	name := shmtest.Name(t)
	ring, reader := rdkx5test.New(t, name), open(t, name)
	writeUpTo(ring, 1)
	wantFrames(t, reader.Reader, 0, 1)
	if err := os.Truncate(ring.Path(), 0); err != nil {
		t.Fatal(err)
	}
	if units := shmtest.Take(reader.Reader, 2); len(units) != 0 {
		t.Errorf("got frame %d out of nothing", units[0].FrameNumber)
	}
	if err := os.Truncate(ring.Path(), rdkx5.Size); err != nil {
		t.Fatal(err)
	}
	ring.Written = 0
	writeUpTo(ring, 0)
	wantFrames(t, reader.Reader, 0)
}

func TestTheCountContinuesPast32Bits(t *testing.T) {
	inBothOrders(t, func(t *testing.T, ring *rdkx5test.Ring, reader reader) {
		ring.Written = math.MaxUint32 - 5
		for range 12 {
			n := ring.Written
			ring.Write(shmtest.Frame(n, true, 3000))
			if unit := shmtest.Next(t, reader.Reader); unit.FrameNumber != n || unit.Record != n {
				t.Fatalf("got record %d, want %d", unit.Record, n)
			}
		}
	})
}

func TestASegmentThatIsNoRingIsRefusedWithARemedy(t *testing.T) {
	name := shmtest.Name(t)
	shmtest.New(t, name)
	reader := open(t, name)
	shmtest.Take(reader.Reader, 1)
	state, message := reader.State()
	if want := name + ": has 16777216 bytes, the H.264 ring of an RDK X5 has 93313480: correct camera.layout or camera.stream"; state != shm.Refused || message != want {
		t.Errorf("%s: %s", state, message)
	}
}

// Whatever is in a frame's header, it is refused or its data lies within its slot.
func FuzzParseFrameHeader(f *testing.F) {
	var raw rdkx5.RawFrameHeader
	rdkx5test.EncodeHeader(raw[:], shmtest.Frame(5, true, 1000))
	f.Add(bytes.Clone(raw[:]))
	f.Fuzz(func(t *testing.T, data []byte) {
		copy(raw[:], data)
		size, err := rdkx5.ParseFrameHeader(&raw)
		switch {
		case err == nil && (size < 1 || size > rdkx5.MaxData):
			t.Errorf("accepted %d bytes", size)
		case err != nil && !errors.As(err, new(shm.Refusal)):
			t.Errorf("failed with %T %v", err, err)
		}
	})
}
