package detections_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"petcam/streamer/internal/detections"
)

func sample(width, height int, boxes ...detections.Box) string {
	result := detections.Result{Width: 640, Height: 480, Boxes: boxes}
	return string(result.AppendSample(nil, width, height))
}

func TestASampleHasScoresWithTwoDecimalsAndThePixelsOfTheVideo(t *testing.T) {
	cat := detections.Box{Class: "cat", Score: 0.9349, X: 100.2, Y: 10, W: 30, H: 40.5}
	dog := detections.Box{Class: "dog", Score: 1, X: -5, Y: 0, W: 640, H: 480}
	for _, c := range []struct {
		width, height int
		want          string
	}{
		{640, 480, `[["cat",0.93,100,10,30,41],["dog",1.00,-5,0,640,480]]`},
		{1280, 720, `[["cat",0.93,200,15,60,61],["dog",1.00,-10,0,1280,720]]`},
		{64, 48, `[["cat",0.93,10,1,3,4],["dog",1.00,-1,0,64,48]]`},
	} {
		if got := sample(c.width, c.height, cat, dog); got != c.want {
			t.Errorf("%dx%d: %s, want %s", c.width, c.height, got, c.want)
		}
	}
	if got := sample(640, 480); got != "[]" {
		t.Errorf("nothing is %s", got)
	}
}

func TestABoxIsNeverEmptyAndNeverFarOutsideThePicture(t *testing.T) {
	for _, c := range []struct {
		box  detections.Box
		want string
	}{
		{detections.Box{Class: "a", X: 10, Y: 10, W: 0.1, H: 1e-30}, `[["a",0.00,10,10,1,1]]`},
		{detections.Box{Class: "a", X: -1e38, Y: -1e38, W: 2e38, H: 2e38}, `[["a",0.00,-640,-480,1920,1440]]`},
		{detections.Box{Class: "a", X: 639, Y: 479, W: 1e38, H: 1e38}, `[["a",0.00,639,479,641,481]]`},
		{detections.Box{Class: "a", X: 1e38, Y: 1e38, W: 1, H: 1}, `[["a",0.00,1279,959,1,1]]`},
		{detections.Box{Class: "a", X: float32(math.NaN()), Y: 0, W: float32(math.NaN()), H: 1}, `[["a",0.00,-640,0,1,1]]`},
	} {
		if got := sample(640, 480, c.box); got != c.want {
			t.Errorf("%+v is %s, want %s", c.box, got, c.want)
		}
	}
}

func TestAnyClassNameIsValidJSON(t *testing.T) {
	for _, name := range []string{
		`the "cat"`, `a\b`, "いぬ", "\x01\x1f\n\r\t", "\x7f", "\u2028</script>", "🐈", "null", "no\xffutf8", "\xed\xa0\x80", "",
	} {
		text := sample(640, 480, detections.Box{Class: name, Score: 0.5, W: 1, H: 1})
		var boxes [][]any
		if err := json.Unmarshal([]byte(text), &boxes); err != nil {
			t.Errorf("%q: %v: %s", name, err, text)
			continue
		}
		if got := boxes[0][0]; got != strings.ToValidUTF8(name, "\uFFFD") && utf8.ValidString(name) {
			t.Errorf("%q became %q", name, got)
		}
	}
}

func TestTheLargestResultFitsIntoASample(t *testing.T) {
	boxes := make([]detections.Box, 100)
	for i := range boxes {
		boxes[i] = detections.Box{Class: strings.Repeat("\x01", 99), Score: 1, X: -1e30, Y: -1e30, W: 1, H: 1}
	}
	text := sample(65535, 65535, boxes...)
	var read [][]any
	if err := json.Unmarshal([]byte(text), &read); err != nil || len(read) != 64 || len(text) > 16<<10 {
		t.Errorf("%d boxes in %d bytes, %v", len(read), len(text), err)
	}
}

func TestMakingASampleAllocatesNothing(t *testing.T) {
	result := detections.Result{Width: 640, Height: 480, Boxes: []detections.Box{{Class: "cat\n", Score: 0.3, X: 1, Y: 2, W: 3, H: 4}}}
	b := make([]byte, 0, 1000)
	if allocations := testing.AllocsPerRun(1000, func() { b = result.AppendSample(b[:0], 1920, 1080) }); allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
}

func TestABoxThatBreaksTheRulesIsSaidToDoSo(t *testing.T) {
	nan, infinite := float32(math.NaN()), float32(math.Inf(1))
	good := detections.Box{Class: "cat", Score: 1, X: -1, Y: 479.5, W: 1.5, H: 1}
	if fault := good.Fault(640, 480); fault != "" {
		t.Error(fault)
	}
	for want, changes := range map[string][]func(*detections.Box){
		"class_name must have 1 to 32 bytes": {
			func(b *detections.Box) { b.Class = "" },
			func(b *detections.Box) { b.Class = strings.Repeat("猫", 11) },
			func(b *detections.Box) { b.Class = "a\x00b" },
		},
		"not finite": {
			func(b *detections.Box) { b.Score = nan },
			func(b *detections.Box) { b.X = infinite },
			func(b *detections.Box) { b.H = infinite },
		},
		"confidence": {
			func(b *detections.Box) { b.Score = 1.01 },
			func(b *detections.Box) { b.Score = -0.01 },
		},
		"w and h": {
			func(b *detections.Box) { b.W = 0 },
			func(b *detections.Box) { b.H = -1 },
		},
		"outside the picture of 640x480": {
			func(b *detections.Box) { b.X = 640 },
			func(b *detections.Box) { b.Y = 480 },
			func(b *detections.Box) { b.X = -1.5 },
		},
	} {
		for i, change := range changes {
			box := good
			change(&box)
			if fault := box.Fault(640, 480); !strings.Contains(fault, want) {
				t.Errorf("%s %d: %q", want, i, fault)
			}
		}
	}
}

func FuzzASampleIsValidAndSaysWhatWasFound(f *testing.F) {
	f.Add("cat", float32(0.5), float32(1), float32(2), float32(3), float32(4))
	f.Fuzz(func(t *testing.T, name string, score, x, y, w, h float32) {
		box := detections.Box{Class: name, Score: score, X: x, Y: y, W: w, H: h}
		if box.Fault(640, 480) != "" {
			return
		}
		var boxes [][]any
		if err := json.Unmarshal([]byte(sample(640, 480, box)), &boxes); err != nil {
			t.Fatal(err)
		}
		if len(boxes) != 1 || len(boxes[0]) != 6 || reflect.TypeOf(boxes[0][0]).Kind() != reflect.String {
			t.Fatal(boxes)
		}
		if got := boxes[0][1].(float64); math.Abs(got-float64(score)) > 0.0051 {
			t.Errorf("score %v became %v", score, got)
		}
	})
}
