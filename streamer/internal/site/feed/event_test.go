package feed

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"testing"

	"petcam/streamer/internal/detections"
	"petcam/streamer/internal/sound"
)

// casesOf reads the cases that petcam-web's tests use too.
func casesOf(t *testing.T) (all struct {
	Results []struct {
		Number  uint64 `json:"frame_number"`
		Capture uint64 `json:"capture_ns"`
		Width   int
		Height  int
		Boxes   [][6]any
		Event   string
	}
	Levels []struct {
		Packets [][2]float64
		Event   string
	}
}) {
	t.Helper()
	text, err := os.ReadFile("../../../../tests/feed-cases.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &all); err != nil || len(all.Results) < 50 || len(all.Levels) < 50 {
		t.Fatal(err, len(all.Results), len(all.Levels))
	}
	return all
}

func TestResultsOfTheSharedCases(t *testing.T) {
	for _, each := range casesOf(t).Results {
		result := detections.Result{FrameNumber: each.Number, CaptureNS: each.Capture, Width: each.Width, Height: each.Height}
		for _, box := range each.Boxes {
			number := func(at int) float32 { return float32(box[at].(float64)) }
			result.Boxes = append(result.Boxes, detections.Box{
				Class: box[0].(string), Score: number(1), X: number(2), Y: number(3), W: number(4), H: number(5),
			})
		}
		if got := string(appendResult(nil, &result)); got != each.Event {
			t.Errorf("got  %q\nwant %q", got, each.Event)
		}
	}
}

func TestLevelsOfTheSharedCases(t *testing.T) {
	for _, each := range casesOf(t).Levels {
		var heard loudness
		for _, packet := range each.Packets {
			heard.add(&sound.Packet{RMS: float32(packet[0]) / 100, Peak: float32(packet[1]) / 100})
		}
		if got := string(heard.appendEvent(nil)); got != each.Event {
			t.Errorf("%v\ngot  %q\nwant %q", each.Packets, got, each.Event)
		}
	}
}

func TestAnEventIsAChunkOfAnyLength(t *testing.T) {
	var e event
	for _, length := range []int{1, 15, 16, 255, 256, 4095, 70_000, 2} {
		e.make(func(to []byte) []byte { return append(to, make([]byte, length)...) })
		if want := fmt.Sprintf("%s\r\n%s\r\n", strconv.FormatInt(int64(length), 16), make([]byte, length)); string(e.chunk) != want {
			t.Errorf("%d bytes: %q…", length, e.chunk[:min(10, len(e.chunk))])
		}
		if len(e.plain) != length {
			t.Errorf("%d, not %d", len(e.plain), length)
		}
	}
}
