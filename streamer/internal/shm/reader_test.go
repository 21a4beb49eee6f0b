package shm_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"testing"
	"time"

	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/shmtest"
)

func TestTheFirstAccessUnitIsTheNewestKeyframe(t *testing.T) {
	writer, reader := pair(t)
	publish(writer, 0, 'K', 'p', 'K', 'p', 'p')
	wantRecords(t, reader, 2, 3, 4)
	if reader.Skipped() != 0 {
		t.Errorf("skipped %d, want 0", reader.Skipped())
	}
}

func TestAnAccessUnitIsWhatWasPublished(t *testing.T) {
	writer, reader := pair(t)
	sent := shmtest.Frame(7, true, 5000)
	sent.CaptureNS, sent.Width, sent.Height, sent.Discontinuity = 12345, 640, 360, true
	before := shm.Now()
	writer.Publish(sent)
	got := shmtest.Next(t, reader)
	if got.Epoch == 0 || got.PublishNS < before || got.PublishNS > shm.Now() {
		t.Errorf("epoch %d, published at %d", got.Epoch, got.PublishNS)
	}
	sent.Epoch, sent.PublishNS = got.Epoch, got.PublishNS
	if !bytes.Equal(got.Data, sent.Data) {
		t.Error("the data differs")
	}
	got.Data, sent.Data = nil, nil
	if got.FrameNumber != sent.FrameNumber || got.CaptureNS != sent.CaptureNS || !got.Keyframe || !got.Discontinuity ||
		got.Width != 640 || got.Height != 360 || got.Record != 0 {
		t.Errorf("got %+v, want %+v", got, sent)
	}
}

func TestTheDataBelongsToTheCaller(t *testing.T) {
	writer, reader := pair(t)
	publish(writer, 0, 'K')
	first := shmtest.Next(t, reader)
	if cap(first.Data) != len(first.Data) {
		t.Error("appending to one access unit's data would write into the next one's")
	}
	for i := range uint64(1000) {
		writer.Publish(shmtest.Frame(1+i, false, 20000))
		shmtest.Next(t, reader)
	}
	if !shmtest.IsWhole(first) {
		t.Error("the data changed after it had been handed out")
	}
}

func TestItWaitsForASegmentThatComesLater(t *testing.T) {
	name := shmtest.Name(t)
	reader := open(t, name)
	got := nextLater(t, reader)
	wantState(t, reader, shm.Waiting)
	publish(shmtest.New(t, name), 0, 'K')
	if unit := <-got; unit.Record != 0 || unit.Discontinuity {
		t.Errorf("got record %d, want 0", unit.Record)
	}
}

func TestItWaitsForTheFirstKeyframe(t *testing.T) {
	writer, reader := pair(t)
	publish(writer, 0, 'p', 'p')
	got := nextLater(t, reader)
	publish(writer, 2, 'p', 'K', 'p')
	if unit := <-got; unit.Record != 3 {
		t.Errorf("began at record %d, want the keyframe 3", unit.Record)
	}
	if reader.Skipped() != 0 {
		t.Errorf("skipped %d, want 0", reader.Skipped())
	}
}

func TestAReaderThatFellBehindGoesOnAtTheNewestKeyframe(t *testing.T) {
	writer, reader := pair(t)
	publish(writer, 0, 'K')
	wantRecords(t, reader, 0)
	for i := range uint64(shm.SlotCount + 100) {
		writer.Publish(shmtest.Frame(1+i, i%10 == 9, 500)) // keyframes are records 10, 20, …
	}
	unit := shmtest.Next(t, reader)
	if unit.Record != 2140 || !unit.Keyframe || !unit.Discontinuity {
		t.Errorf("went on at record %d, want keyframe 2140 with a discontinuity", unit.Record)
	}
	if reader.Skipped() != 2139 {
		t.Errorf("skipped %d, want 2139", reader.Skipped())
	}
	if unit := shmtest.Next(t, reader); unit.Record != 2141 || unit.Discontinuity {
		t.Errorf("then came record %d, want 2141 without a discontinuity", unit.Record)
	}
}

func TestAReaderOverrunByLargeRecordsWaitsForAKeyframe(t *testing.T) {
	writer, reader := pair(t)
	publish(writer, 0, 'K')
	wantRecords(t, reader, 0)
	for i := range uint64(20) { // 20 MB into an area of 16
		writer.Publish(shmtest.Frame(1+i, false, 1<<20))
	}
	if units := shmtest.Take(reader, 3); len(units) != 0 {
		t.Errorf("went on at record %d, which is no keyframe", units[0].Record)
	}
	publish(writer, 21, 'p', 'K')
	if unit := shmtest.Next(t, reader); unit.Record != 22 || !unit.Discontinuity {
		t.Errorf("went on at record %d, want the keyframe 22 with a discontinuity", unit.Record)
	}
	if reader.Skipped() != 21 {
		t.Errorf("skipped %d, want 21", reader.Skipped())
	}
}

func TestTheLargestRecordFits(t *testing.T) {
	writer, reader := pair(t)
	publish(writer, 0, 'K')
	for i := range uint64(5) {
		writer.Publish(shmtest.Frame(1+i, true, shm.MaxData-3))
		if unit := shmtest.Next(t, reader); !shmtest.IsWhole(unit) {
			t.Fatalf("record %d is torn", unit.Record)
		}
	}
}

func TestItFollowsAReplacedSegmentFromItsFirstRecord(t *testing.T) {
	writer, reader := pair(t)
	publish(writer, 0, 'K', 'p', 'p')
	wantRecords(t, reader, 0, 1, 2)
	first := nextWhile(t, reader, func() {
		if err := writer.Replace(); err != nil {
			t.Fatal(err)
		}
		publish(writer, 0, 'K', 'p', 'K')
	})
	if first.Record != 0 || !first.Discontinuity {
		t.Errorf("went on at record %d, want 0 with a discontinuity", first.Record)
	}
	wantRecords(t, reader, 1, 2)
	if reader.Skipped() != 0 {
		t.Errorf("skipped %d, want 0", reader.Skipped())
	}
}

func TestItReadsTheRestOfAReplacedSegmentFirst(t *testing.T) {
	writer, reader := pair(t)
	publish(writer, 0, 'K', 'p', 'p')
	old := shmtest.Next(t, reader)
	if err := writer.Replace(); err != nil {
		t.Fatal(err)
	}
	publish(writer, 0, 'K', 'p', 'K')
	for _, want := range []uint64{1, 2} {
		if unit := shmtest.Next(t, reader); unit.Epoch != old.Epoch || unit.Record != want {
			t.Errorf("got record %d of epoch %d, want %d of the old one", unit.Record, unit.Epoch, want)
		}
	}
	if unit := shmtest.Next(t, reader); unit.Epoch == old.Epoch || unit.Record != 0 {
		t.Errorf("got record %d of epoch %d, want 0 of the new one", unit.Record, unit.Epoch)
	}
}

func TestItNoticesThatAWriterStopped(t *testing.T) {
	writer, reader := pair(t)
	publish(writer, 0, 'K')
	wantRecords(t, reader, 0)
	wantState(t, reader, shm.Live)
	_ = nextLater(t, reader)
	writer.Stop()
	waitForState(t, reader, shm.Waiting)
}

func TestTheEndOfTheContextEndsAWait(t *testing.T) {
	_, reader := pair(t)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(10*time.Millisecond, cancel)
	if _, err := reader.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	absent := open(t, shmtest.Name(t))
	if _, err := absent.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("without a segment: got %v, want context.Canceled", err)
	}
}

func TestCloseEndsAWait(t *testing.T) {
	_, reader := pair(t)
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
	if err := reader.Rewind(0); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Rewind: got %v, want os.ErrClosed", err)
	}
}

func TestRewindGoesBackToTheNewestKeyframeThatIsOldEnough(t *testing.T) {
	writer, reader := pair(t)
	now := shm.Now()
	for i := range uint64(8) { // keyframes 0, 2, 4, 6, captured 8, 6, 4 and 2 s ago
		unit := shmtest.Frame(i, i%2 == 0, 500)
		unit.CaptureNS = now - (8-i)*uint64(time.Second)
		writer.Publish(unit)
	}
	for _, c := range []struct {
		back time.Duration
		want uint64
	}{{0, 6}, {3 * time.Second, 4}, {4 * time.Second, 4}, {5 * time.Second, 2}, {time.Hour, 0}} {
		if err := reader.Rewind(c.back); err != nil {
			t.Fatal(err)
		}
		if unit := shmtest.Next(t, reader); unit.Record != c.want || unit.Discontinuity {
			t.Errorf("%v back: got record %d (discontinuity %v), want %d", c.back, unit.Record, unit.Discontinuity, c.want)
		}
	}
	wantRecords(t, reader, 1, 2)
}

func TestRewindFailsWithoutAKeyframe(t *testing.T) {
	absent := open(t, shmtest.Name(t))
	if err := absent.Rewind(0); !errors.Is(err, shm.ErrNoVideo) {
		t.Errorf("without a segment: got %v, want ErrNoVideo", err)
	}
	writer, reader := pair(t)
	publish(writer, 0, 'p')
	if err := reader.Rewind(0); !errors.Is(err, shm.ErrNoVideo) {
		t.Errorf("without a keyframe: got %v, want ErrNoVideo", err)
	}
}

func TestReadingAllocatesNothingPerRecord(t *testing.T) {
	writer, reader := pair(t)
	publish(writer, 0, 'K')
	shmtest.Next(t, reader)
	unit := shmtest.Frame(1, false, 1000)
	allocations := testing.AllocsPerRun(100, func() {
		writer.Publish(unit)
		if _, err := reader.Next(context.Background()); err != nil {
			t.Fatal(err)
		}
	})
	if allocations != 0 {
		t.Errorf("%v allocations per record, want 0", allocations)
	}
}

// pair makes a writer and a reader of a new segment.
func pair(t testing.TB) (*shmtest.Writer, *shm.Reader) {
	t.Helper()
	name := shmtest.Name(t)
	return shmtest.New(t, name), open(t, name)
}

func open(t testing.TB, name string, options ...shm.Option) *shm.Reader {
	t.Helper()
	reader := shm.Open(name, append(options, shm.WithLogger(slog.New(slog.DiscardHandler)))...)
	t.Cleanup(func() { _ = reader.Close() })
	return reader
}

// publish writes small records numbered from first on: K is a keyframe, p is not.
func publish(w *shmtest.Writer, first uint64, kinds ...rune) {
	for i, kind := range kinds {
		w.Publish(shmtest.Frame(first+uint64(i), kind == 'K', 400))
	}
}

// nextLater asks for the next access unit in the background.
func nextLater(t testing.TB, reader *shm.Reader) <-chan h264.AccessUnit {
	got := make(chan h264.AccessUnit, 1)
	go func() {
		if unit, err := reader.Next(t.Context()); err == nil {
			got <- unit
		}
	}()
	return got
}

// nextWhile asks for the next access unit while something is done.
func nextWhile(t testing.TB, reader *shm.Reader, do func()) h264.AccessUnit {
	t.Helper()
	got := nextLater(t, reader)
	do()
	return <-got
}

func wantRecords(t testing.TB, reader *shm.Reader, want ...uint64) {
	t.Helper()
	for _, record := range want {
		if unit := shmtest.Next(t, reader); unit.Record != record || !shmtest.IsWhole(unit) {
			t.Fatalf("got record %d, want %d", unit.Record, record)
		}
	}
}

func wantState(t testing.TB, reader *shm.Reader, want string) {
	t.Helper()
	if state, message := reader.State(); state != want {
		t.Errorf("state %s (%s), want %s", state, message, want)
	}
}

// waitForState returns once the reader is in the state; the test's own time limit ends it otherwise.
func waitForState(t testing.TB, reader *shm.Reader, want string) (message string) {
	t.Helper()
	for range time.Tick(time.Millisecond) {
		if state, message := reader.State(); state == want {
			return message
		}
	}
	return ""
}
