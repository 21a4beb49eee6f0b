package shm_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"petcam/streamer/internal/detections"
	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/shmtest"
	"petcam/streamer/internal/sound"
)

// door is a Gate that a test opens and shuts.
type door struct {
	open  bool
	since uint64
}

func (d *door) look() (bool, uint64) { return d.open, d.since }

// capturedAt publishes a frame that was captured at a time.
func capturedAt(writer *shmtest.Writer, number, captureNS uint64, keyframe bool) {
	unit := shmtest.Frame(number, keyframe, 100)
	unit.CaptureNS = captureNS
	writer.Publish(unit)
}

func TestBehindAShutGateNothingIsRead(t *testing.T) {
	name := shmtest.Name(t)
	writer := shmtest.New(t, name)
	d := &door{open: true}
	reader := shm.Open(name, shm.WithGate(d.look))
	t.Cleanup(func() { _ = reader.Close() })
	publish(writer, 0, 'K', 'p')
	wantRecords(t, reader, 0, 1)
	d.open = false
	publish(writer, 2, 'K', 'p')
	if unit, found := reader.Poll(); found {
		t.Errorf("record %d was read", unit.Record)
	}
	wantState(t, reader, shm.Off)
	if err := reader.Rewind(time.Second); !errors.Is(err, shm.ErrNoVideo) {
		t.Error(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := reader.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if reader.KeyframeNS() != 0 {
		t.Error("there is a keyframe to begin at")
	}
}

func TestBehindAGateThatWasOpenedNothingFromBeforeIsRead(t *testing.T) {
	name := shmtest.Name(t)
	writer := shmtest.New(t, name)
	d := &door{}
	reader := shm.Open(name, shm.WithGate(d.look))
	t.Cleanup(func() { _ = reader.Close() })
	now := shm.Now()
	for number, kind := range "KpKpK" { // of these the last two were captured since
		capturedAt(writer, uint64(number), now-5e9+uint64(number)*1e9, kind == 'K')
	}
	if _, found := reader.Poll(); found {
		t.Error("read while shut")
	}
	d.open, d.since = true, now-2e9-1
	for _, back := range []time.Duration{time.Hour, 0} {
		if err := reader.Rewind(back); err != nil {
			t.Fatal(err)
		}
		wantRecords(t, reader, 4)
	}
	capturedAt(writer, 5, now, false)
	wantRecords(t, reader, 5)
}

func TestAGateOfAnotherBootSaysNothingOfWhatWasCaptured(t *testing.T) {
	name := shmtest.Name(t)
	writer := shmtest.New(t, name)
	d := &door{open: true, since: shm.Now() + uint64(200*time.Millisecond)} // a boot that lasted longer than this one so far
	reader := shm.Open(name, shm.WithGate(d.look))
	t.Cleanup(func() { _ = reader.Close() })
	publish(writer, 0, 'K')
	wantRecords(t, reader, 0)
	for shm.Now() < d.since { // until it is reached in this boot, by which nothing is lost
		time.Sleep(10 * time.Millisecond)
	}
	capturedAt(writer, 1, d.since-1e6, false)
	wantRecords(t, reader, 1)
}

func TestWhoDoesNotLookWhileTheGateIsShutReadsNothingOfBeforeItEither(t *testing.T) {
	name := shmtest.Name(t)
	writer := shmtest.New(t, name)
	d := &door{open: true}
	reader := shm.Open(name, shm.WithGate(d.look))
	t.Cleanup(func() { _ = reader.Close() })
	publish(writer, 0, 'K')
	wantRecords(t, reader, 0)
	publish(writer, 1, 'K')
	d.since = shm.Now() // it was turned off, and on again
	if unit, found := reader.Poll(); found {
		t.Errorf("record %d is of before", unit.Record)
	}
	publish(writer, 2, 'K')
	wantRecords(t, reader, 2)
}

func TestBehindAShutGateThereAreNoResultsAndNoSound(t *testing.T) {
	name, d := shmtest.Name(t), &door{}
	detector, microphone := shmtest.NewDetector(t, name+"d"), shmtest.NewMicrophone(t, name+"m")
	results := shm.OpenDetections(name+"d", shm.WithGate(d.look))
	packets := shm.OpenSound(name+"m", shm.WithGate(d.look))
	t.Cleanup(results.Close)
	t.Cleanup(packets.Close)
	publish := func(number uint64) {
		found := result(number)
		found.CaptureNS = shm.Now()
		detector.Publish(found)
		packet := shmtest.Sound(number, 80)
		packet.CaptureNS = shm.Now()
		microphone.Publish(packet)
	}
	var found detections.Result
	var packet sound.Packet
	publish(0)
	if results.Poll(&found) || packets.Poll(&packet) {
		t.Error("read while shut")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := packets.Next(ctx, &packet); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	d.open, d.since = true, shm.Now()
	publish(1)
	for !results.Poll(&found) { // it looks for a segment now and then
		time.Sleep(time.Millisecond)
	}
	for !packets.Poll(&packet) {
		time.Sleep(time.Millisecond)
	}
	if found.FrameNumber != 1 || packet.Number != 1 {
		t.Errorf("result %d and packet %d are from before", found.FrameNumber, packet.Number)
	}
	d.open = false
	publish(2)
	if results.Poll(&found) || packets.Poll(&packet) {
		t.Error("read once shut")
	}
}
