package shm_test

import (
	"encoding/binary"
	"log/slog"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"petcam/streamer/internal/detections"
	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/shmtest"
)

// result is what a detector found on the frame of that number.
func result(number uint64, boxes ...detections.Box) detections.Result {
	return detections.Result{FrameNumber: number, CaptureNS: 1000 + number, Width: 640, Height: 480, Boxes: boxes}
}

var cat = detections.Box{Class: "cat", Score: 0.5, X: 1, Y: 2, W: 3, H: 4}

// detectorAndReader makes both of a new segment, and a log of what is warned of.
func detectorAndReader(t testing.TB) (*shmtest.Detector, *shm.DetectionReader, *shmtest.Log) {
	t.Helper()
	name := shmtest.Name(t)
	detector := shmtest.NewDetector(t, name)
	reader, log := openDetections(t, name)
	return detector, reader, log
}

func openDetections(t testing.TB, name string) (*shm.DetectionReader, *shmtest.Log) {
	t.Helper()
	log := &shmtest.Log{}
	reader := shm.OpenDetections(name, shm.WithLogger(slog.New(slog.NewTextHandler(log, nil))))
	t.Cleanup(reader.Close)
	return reader, log
}

// frames are the numbers of all results that there are.
func frames(reader *shm.DetectionReader) (numbers []uint64) {
	var found detections.Result
	for reader.Poll(&found) {
		numbers = append(numbers, found.FrameNumber)
	}
	return numbers
}

func wantFrames(t *testing.T, reader *shm.DetectionReader, want ...uint64) {
	t.Helper()
	if got := frames(reader); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestADetectionReaderGivesWhatWasPublished(t *testing.T) {
	detector, reader, log := detectorAndReader(t)
	dog := detections.Box{Class: "いぬ", Score: 1, X: -5.5, Y: 0, W: 600, H: 400}
	long := detections.Box{Class: strings.Repeat("x", 32), Score: 0, X: 639, Y: 479, W: 1, H: 1}
	sent := result(7, cat, dog, long)
	detector.Publish(sent)
	detector.Publish(result(8))
	var got detections.Result
	if !reader.Poll(&got) {
		t.Fatal("there is nothing")
	}
	if got.Epoch == 0 || got.PublishNS == 0 || got.Record != 0 {
		t.Errorf("got %+v", got)
	}
	sent.Epoch, sent.PublishNS = got.Epoch, got.PublishNS
	if !reflect.DeepEqual(got, sent) {
		t.Errorf("got %+v, want %+v", got, sent)
	}
	if !reader.Poll(&got) || got.FrameNumber != 8 || len(got.Boxes) != 0 {
		t.Errorf("then came %+v", got)
	}
	if reader.Poll(&got) || reader.Skipped() != 0 || len(log.Lines()) != 0 {
		t.Errorf("skipped %d, log %q", reader.Skipped(), log.Lines())
	}
}

func TestADetectionReaderBeginsAtTheOldestThatIsThere(t *testing.T) {
	detector, reader, _ := detectorAndReader(t)
	for number := range uint64(100) {
		detector.Publish(result(number))
	}
	got := frames(reader)
	if len(got) != shm.DetectionSlotCount || got[0] != 36 || got[63] != 99 || reader.Skipped() != 0 {
		t.Errorf("got %v, skipped %d", got, reader.Skipped())
	}
}

func TestADetectionReaderThatFellBehindGoesOnAtTheOldestAndCounts(t *testing.T) {
	detector, reader, log := detectorAndReader(t)
	detector.Publish(result(0))
	wantFrames(t, reader, 0)
	for number := range uint64(200) {
		detector.Publish(result(1 + number))
	}
	got := frames(reader)
	if len(got) != 64 || got[0] != 137 || got[63] != 200 || reader.Skipped() != 136 || len(log.Lines()) != 0 {
		t.Errorf("got %v, skipped %d, log %q", got, reader.Skipped(), log.Lines())
	}
}

func TestASpoiledDetectionRecordIsNotReturned(t *testing.T) {
	put := func(offset int, value uint32) func(*shmtest.Detector, []byte) {
		return func(d *shmtest.Detector, slot []byte) {
			binary.LittleEndian.PutUint32(slot[offset:], value)
			shmtest.SealDetections(slot)
			d.Write(slot, shm.DetectionSlotOffset(1))
		}
	}
	nan, infinite := math.Float32bits(float32(math.NaN())), math.Float32bits(float32(math.Inf(-1)))
	box := shm.OffsetBoxes
	for name, spoil := range map[string]func(*shmtest.Detector, []byte){
		"R1, being written": func(d *shmtest.Detector, _ []byte) {
			d.Put64(shm.DetectionSlotOffset(1), shm.WritingSequence(1+shm.DetectionSlotCount))
		},
		"R1, written again": func(d *shmtest.Detector, _ []byte) {
			d.Write(shmtest.EncodeDetections(1+shm.DetectionSlotCount, result(9)), shm.DetectionSlotOffset(1))
		},
		"R1, not written":        func(d *shmtest.Detector, _ []byte) { d.Put64(shm.DetectionSlotOffset(1), 0) },
		"R2, slot changed":       func(d *shmtest.Detector, _ []byte) { d.Put64(shm.DetectionSlotOffset(1)+shm.OffsetCapture, 5) },
		"R3, no picture":         put(shm.OffsetPictureWidth, 640),
		"R3, too many boxes":     put(shm.OffsetBoxCount, 33),
		"R3, 64 boxes":           put(shm.OffsetBoxCount, 64),
		"R3, most boxes":         put(shm.OffsetBoxCount, math.MaxUint32),
		"R3, no name":            put(box, 0),
		"R3, not UTF-8":          put(box, 0x746163ff),
		"R3, NUL in a name":      put(box, 0x74610063),
		"R3, score not a number": put(box+shm.OffsetConfidence, nan),
		"R3, x infinite":         put(box+shm.OffsetX, infinite),
		"R3, score over 1":       put(box+shm.OffsetConfidence, math.Float32bits(1.5)),
		"R3, no width":           put(box+shm.OffsetW, 0),
		"R3, outside":            put(box+shm.OffsetY, math.Float32bits(480)),
		"R3, a box that is not":  put(shm.OffsetBoxCount, 2),
	} {
		t.Run(name, func(t *testing.T) {
			detector, reader, log := detectorAndReader(t)
			for number := range uint64(4) {
				detector.Publish(result(number, cat))
			}
			slot := shmtest.EncodeDetections(1, result(1, cat))
			spoil(detector, slot)
			wantFrames(t, reader, 0, 2, 3)
			if reader.Skipped() != 1 {
				t.Errorf("skipped %d, want 1", reader.Skipped())
			}
			lines, mistake := log.Lines(), strings.HasPrefix(name, "R3")
			if mistake && (len(lines) != 1 || !strings.Contains(lines[0], "correct its writer")) || !mistake && len(lines) != 0 {
				t.Errorf("logged %q", lines)
			}
		})
	}
}

func TestAWriterThatOnlyMakesMistakesIsLoggedOnce(t *testing.T) {
	detector, reader, log := detectorAndReader(t)
	for number := range uint64(300) {
		detector.Publish(result(number, detections.Box{Class: "cat"}))
		wantFrames(t, reader)
	}
	if reader.Skipped() != 300 || len(log.Lines()) != 1 {
		t.Errorf("skipped %d, log %q", reader.Skipped(), log.Lines())
	}
}

func TestADetectionReaderFollowsADetectorThatComesGoesAndIsReplaced(t *testing.T) {
	name := shmtest.Name(t)
	reader, log := openDetections(t, name)
	wantFrames(t, reader)
	detector := shmtest.NewDetector(t, name)
	detector.Publish(result(1))
	eventually(t, func() bool { return slices.Equal(frames(reader), []uint64{1}) })
	detector.Publish(result(2))
	detector.Replace(t)
	detector.Publish(result(3))
	detector.Publish(result(4))
	var got []uint64
	eventually(t, func() bool { got = append(got, frames(reader)...); return len(got) >= 3 })
	if !slices.Equal(got, []uint64{2, 3, 4}) {
		t.Errorf("got %v", got)
	}
	detector.Leave()
	wantFrames(t, reader)
	shmtest.NewDetector(t, name).Publish(result(5))
	eventually(t, func() bool { return slices.Equal(frames(reader), []uint64{5}) })
	if reader.Skipped() != 0 || len(log.Lines()) != 0 {
		t.Errorf("skipped %d, log %q", reader.Skipped(), log.Lines())
	}
}

// eventually waits until something is so; the test's own time limit ends it otherwise.
func eventually(t *testing.T, is func() bool) {
	t.Helper()
	for !is() {
		shm.Sleep(1e6)
	}
}

func TestASegmentThatIsRefusedIsLoggedOnce(t *testing.T) {
	for name, c := range map[string]struct {
		make func(t *testing.T, name string)
		want string
	}{
		"a stream's": {func(t *testing.T, name string) { shmtest.New(t, name) }, ""},
		"an empty file": {func(t *testing.T, name string) {
			if err := os.WriteFile(shm.Directory+name, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, ""},
		"a newer ABI": {func(t *testing.T, name string) {
			header := shmtest.DetectionHeader(1)
			binary.LittleEndian.PutUint32(header[shm.OffsetABIVersion:], 2)
			shmtest.NewDetector(t, name).Write(header, 0)
		}, "ABI version 2, this petcam reads 1: upgrade petcam"},
		"other sizes": {func(t *testing.T, name string) {
			header := shmtest.DetectionHeader(1)
			binary.LittleEndian.PutUint32(header[shm.OffsetSlotCount:], 32)
			shmtest.Seal(header)
			shmtest.NewDetector(t, name).Write(header, 0)
		}, "sizes are not those"},
		"writable by all": {func(t *testing.T, name string) {
			if err := os.Chmod(shmtest.NewDetector(t, name).Path(), 0o666); err != nil {
				t.Fatal(err)
			}
		}, "written by everybody"},
		"shortened": {func(t *testing.T, name string) { shmtest.NewDetector(t, name).Truncate(5000) }, "it has 5000"},
	} {
		t.Run(name, func(t *testing.T) {
			segment := shmtest.Name(t)
			c.make(t, segment)
			reader, log := openDetections(t, segment)
			wantFrames(t, reader)
			shm.Sleep(shm.SearchInterval)
			wantFrames(t, reader) // looked at again
			lines := log.Lines()
			if c.want == "" && len(lines) != 0 || c.want != "" && (len(lines) != 1 || !strings.Contains(lines[0], c.want)) {
				t.Errorf("logged %q, want %q", lines, c.want)
			}
		})
	}
}

// A mapping would end the process here.
func TestADetectorThatTruncatesItsSegmentDoesNoHarm(t *testing.T) {
	detector, reader, log := detectorAndReader(t)
	for number := range uint64(3) {
		detector.Publish(result(number))
	}
	var found detections.Result
	if !reader.Poll(&found) {
		t.Fatal("there is nothing")
	}
	for _, size := range []int64{shm.HeaderSize + 100, 140, 0} {
		detector.Truncate(size)
		wantFrames(t, reader)
	}
	if len(log.Lines()) != 0 {
		t.Errorf("log %q", log.Lines())
	}
}

func TestDetectionReadersSurviveAnyCount(t *testing.T) {
	for _, next := range []uint64{math.MaxUint64, math.MaxUint64 / 2, 1 << 40, 0} {
		for _, first := range []uint64{0, 5, 1 << 40, math.MaxUint64} {
			detector, reader, _ := detectorAndReader(t)
			detector.Publish(result(0))
			wantFrames(t, reader, 0)
			detector.Put64(shm.OffsetNextRecord, next)
			detector.Put64(shm.OffsetFirstRecord, first)
			for range 5 {
				wantFrames(t, reader)
			}
		}
	}
}

func TestPollingForDetectionsAllocatesNothingButNames(t *testing.T) {
	detector, reader, _ := detectorAndReader(t)
	var found detections.Result
	if allocations := testing.AllocsPerRun(100, func() { reader.Poll(&found) }); allocations != 0 {
		t.Errorf("%v allocations for a look", allocations)
	}
	absent, _ := openDetections(t, shmtest.Name(t))
	absent.Poll(&found)
	if allocations := testing.AllocsPerRun(100, func() { absent.Poll(&found) }); allocations != 0 {
		t.Errorf("%v allocations for a look without a segment", allocations)
	}
	for number := range uint64(64) {
		detector.Publish(result(number))
	}
	if allocations := testing.AllocsPerRun(60, func() { reader.Poll(&found) }); allocations != 0 {
		t.Errorf("%v allocations for a result", allocations)
	}
}

func FuzzParseDetections(f *testing.F) {
	f.Add(shmtest.EncodeDetections(5, result(5, cat)), uint64(5))
	f.Add(shmtest.EncodeDetections(5, result(5, cat, cat, cat)), uint64(5))
	f.Fuzz(func(t *testing.T, data []byte, n uint64) {
		var raw shm.RawDetectionSlot
		copy(raw[:], data)
		binary.LittleEndian.PutUint64(raw[:], shm.WholeSequence(n))
		shmtest.SealDetections(raw[:]) // so that what is behind the checksum is reached
		var found detections.Result
		if shm.ParseDetections(&raw, n, &found) != nil {
			return
		}
		if len(found.Boxes) > shm.MaxBoxes || found.Width == 0 || found.Height == 0 {
			t.Errorf("accepted %+v", found)
		}
		for _, box := range found.Boxes {
			if fault := box.Fault(found.Width, found.Height); fault != "" {
				t.Errorf("accepted %+v: %s", box, fault)
			}
		}
	})
}
