package rdkx5_test

import (
	"encoding/binary"
	"log/slog"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"petcam/streamer/internal/detections"
	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/rdkx5"
	"petcam/streamer/internal/shm/rdkx5test"
	"petcam/streamer/internal/shm/shmtest"
)

var cat = detections.Box{Class: "cat", Score: 0.5, X: 10, Y: 20, W: 30, H: 40}

// both runs a test with each generation of the layout.
func both(t *testing.T, test func(t *testing.T, detector *rdkx5test.Detector, reader *shm.DetectionReader, log *shmtest.Log)) {
	for name, second := range map[string]bool{"first": false, "second": true} {
		t.Run(name, func(t *testing.T) {
			segment, log := shmtest.Name(t), &shmtest.Log{}
			detector := rdkx5test.NewDetector(t, segment, second)
			reader := rdkx5.OpenDetectionsWithRecheck(segment, func() {}, shm.WithLogger(slog.New(slog.NewTextHandler(log, nil))))
			t.Cleanup(reader.Close)
			test(t, detector, reader, log)
		})
	}
}

func TestEachResultIsReadOnceWithAllThatItHas(t *testing.T) {
	both(t, func(t *testing.T, detector *rdkx5test.Detector, reader *shm.DetectionReader, log *shmtest.Log) {
		var got detections.Result
		if reader.Poll(&got) {
			t.Error("there was a result before the first")
		}
		captured := shm.Now() / 1000 * 1000
		sent := detections.Result{
			FrameNumber: 7, CaptureNS: captured, Width: 640, Height: 480,
			Boxes: []detections.Box{cat, {Class: "いぬ", Score: 1, X: -5, Y: 0, W: 640, H: 480}},
		}
		detector.Write(t, sent)
		if !reader.Poll(&got) {
			t.Fatal("there is nothing")
		}
		if off := int64(got.CaptureNS - captured); off < -500 || off > 500 { // the second generation has floats
			t.Errorf("captured %d ns off", off)
		}
		if got.Epoch == 0 || got.PublishNS < captured || got.Record != 1 {
			t.Errorf("got %+v", got)
		}
		sent.Epoch, sent.Record, sent.PublishNS, sent.CaptureNS = got.Epoch, 1, got.PublishNS, got.CaptureNS
		if !reflect.DeepEqual(got, sent) {
			t.Errorf("got %+v, want %+v", got, sent)
		}
		if reader.Poll(&got) {
			t.Error("it came twice")
		}
		detector.Write(t, detections.Result{FrameNumber: 8, CaptureNS: captured})
		if !reader.Poll(&got) || len(got.Boxes) != 0 || got.FrameNumber != 8 {
			t.Errorf("then came %+v", got)
		}
		if reader.Skipped() != 0 || len(log.Lines()) != 0 {
			t.Errorf("skipped %d, log %q", reader.Skipped(), log.Lines())
		}
	})
}

func TestResultsThatWereOverwrittenAreCounted(t *testing.T) {
	both(t, func(t *testing.T, detector *rdkx5test.Detector, reader *shm.DetectionReader, _ *shmtest.Log) {
		var got detections.Result
		detector.Version = math.MaxUint32 - 2
		for _, writes := range []int{1, 1, 3, 1} { // over 2³²
			for range writes {
				detector.Write(t, detections.Result{FrameNumber: uint64(detector.Version), CaptureNS: shm.Now()})
			}
			if !reader.Poll(&got) {
				t.Error("there is nothing")
			}
		}
		if reader.Skipped() != 2 {
			t.Errorf("skipped %d, want 2", reader.Skipped())
		}
		detector.Version = 1 // begins anew
		detector.Write(t, detections.Result{FrameNumber: 1, CaptureNS: shm.Now()})
		before := got.Epoch
		if !reader.Poll(&got) || got.Epoch == before || reader.Skipped() != 2 {
			t.Errorf("got %+v, skipped %d", got, reader.Skipped())
		}
	})
}

func TestAResultThatIsStillBeingWrittenIsNotReturned(t *testing.T) {
	segment := shmtest.Name(t)
	detector := rdkx5test.NewDetector(t, segment, false)
	change := true
	reader := rdkx5.OpenDetectionsWithRecheck(segment, func() {
		if change {
			detector.Raw[rdkx5.OffsetDetections]++
			detector.Flush(t)
		}
	}, shm.WithLogger(slog.New(slog.DiscardHandler)))
	t.Cleanup(reader.Close)
	detector.Write(t, detections.Result{FrameNumber: 7, CaptureNS: 5, Boxes: []detections.Box{cat}})
	var got detections.Result
	for range 3 {
		if reader.Poll(&got) {
			t.Errorf("got %+v", got)
		}
	}
	change = false
	if !reader.Poll(&got) || got.Boxes[0].Class != "fat" {
		t.Errorf("got %+v", got)
	}
}

func TestAResultThatMakesNoSenseIsRefused(t *testing.T) {
	for name, spoil := range map[string]func(d *rdkx5test.Detector){
		"count below 0": func(d *rdkx5test.Detector) { put32(d.At(rdkx5.OffsetCount), math.MaxUint32) },
		"count over 10": func(d *rdkx5test.Detector) { put32(d.At(rdkx5.OffsetCount), 11) },
		"64 boxes":      func(d *rdkx5test.Detector) { put32(d.At(rdkx5.OffsetCount), 64) },
		"no time": func(d *rdkx5test.Detector) {
			binary.LittleEndian.PutUint64(d.At(rdkx5.OffsetTime), math.Float64bits(math.NaN()))
		},
		"time below 0": func(d *rdkx5test.Detector) { // far below 0 as a number, too
			binary.LittleEndian.PutUint64(d.At(rdkx5.OffsetTime), math.Float64bits(-1))
		},
		"no name":   func(d *rdkx5test.Detector) { d.At(rdkx5.OffsetDetections)[0] = 0 },
		"not UTF-8": func(d *rdkx5test.Detector) { d.At(rdkx5.OffsetDetections)[0] = 0xff },
		"no width":  func(d *rdkx5test.Detector) { put32(d.At(rdkx5.OffsetDetections+rdkx5.OffsetW), 0) },
		"outside":   func(d *rdkx5test.Detector) { put32(d.At(rdkx5.OffsetDetections+rdkx5.OffsetX), 640) },
		"score over 1": func(d *rdkx5test.Detector) {
			put32(d.At(rdkx5.OffsetDetections+rdkx5.OffsetConfidence), math.Float32bits(2))
		},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, detector *rdkx5test.Detector, reader *shm.DetectionReader, log *shmtest.Log) {
				var got detections.Result
				detector.Write(t, detections.Result{CaptureNS: shm.Now(), Boxes: []detections.Box{cat}})
				spoil(detector)
				detector.Flush(t)
				for range 2 {
					if reader.Poll(&got) {
						t.Errorf("got %+v", got)
					}
				}
				if lines := log.Lines(); reader.Skipped() != 1 || len(lines) != 1 || !strings.Contains(lines[0], "correct its writer") {
					t.Errorf("skipped %d, log %q", reader.Skipped(), lines)
				}
				detector.Write(t, detections.Result{CaptureNS: shm.Now(), Boxes: []detections.Box{cat}})
				if !reader.Poll(&got) || !reflect.DeepEqual(got.Boxes, []detections.Box{cat}) {
					t.Errorf("then came %+v", got)
				}
			})
		})
	}
}

func put32(b []byte, value uint32) { binary.LittleEndian.PutUint32(b, value) }

func TestAResultOfAnotherSizeIsRefusedAndSaidOnce(t *testing.T) {
	segment, log := shmtest.Name(t), &shmtest.Log{}
	detector := rdkx5test.NewDetector(t, segment, false)
	detector.Truncate(t, 580)
	reader := rdkx5.OpenDetections(segment, shm.WithLogger(slog.New(slog.NewTextHandler(log, nil))))
	t.Cleanup(reader.Close)
	var got detections.Result
	for range 5 {
		if reader.Poll(&got) {
			t.Errorf("got %+v", got)
		}
	}
	lines := log.Lines()
	if len(lines) != 1 || !strings.Contains(lines[0], "has 580 bytes, a detection result of an RDK X5 has 584 or 576") {
		t.Errorf("log %q", lines)
	}
}

func TestADaemonThatTruncatesItsResultDoesNoHarm(t *testing.T) {
	both(t, func(t *testing.T, detector *rdkx5test.Detector, reader *shm.DetectionReader, _ *shmtest.Log) {
		var got detections.Result
		detector.Write(t, detections.Result{CaptureNS: shm.Now()})
		if !reader.Poll(&got) {
			t.Fatal("there is nothing")
		}
		detector.Truncate(t, 10)
		for range 3 {
			if reader.Poll(&got) {
				t.Errorf("got %+v", got)
			}
		}
	})
}

func TestTimesOfTheWallClockBecomeMonotonic(t *testing.T) {
	wall := time.Unix(1_790_000_000, 0)
	for _, c := range []struct {
		seconds float64
		want    uint64
	}{{5000, 5000e9}, {1_790_000_000 - 2, 4998e9}, {0, 0}, {4999.5, 4999.5e9}, {1_789_000_000, 0}} {
		got, err := rdkx5.MonotonicNS(c.seconds, wall, 5000e9)
		if off := int64(got - c.want); err != nil || off < -1000 || off > 1000 {
			t.Errorf("%v became %d, %v; want %d", c.seconds, got, err, c.want)
		}
	}
	for _, seconds := range []float64{-1, math.NaN(), math.Inf(1), 1 << 33} {
		if got, err := rdkx5.MonotonicNS(seconds, wall, 5000e9); err == nil {
			t.Errorf("%v became %d", seconds, got)
		}
	}
}

// Whoever polls until nothing comes would else never do anything else.
func TestADaemonThatNeverStopsWritingIsLookedAtNowAndThen(t *testing.T) {
	segment := shmtest.Name(t)
	detector := rdkx5test.NewDetector(t, segment, false)
	reader := rdkx5.OpenDetections(segment, shm.WithLogger(slog.New(slog.DiscardHandler)))
	t.Cleanup(reader.Close)
	var got detections.Result
	detector.Write(t, detections.Result{CaptureNS: shm.Now()})
	before := shm.Now()
	if !reader.Poll(&got) {
		t.Fatal("there is nothing")
	}
	for found := false; !found; found = reader.Poll(&got) {
		detector.Write(t, detections.Result{CaptureNS: shm.Now()})
	}
	if took := shm.Now() - before; took < 20e6 {
		t.Errorf("the next was given after %d ns", took)
	}
}
