package detections

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// MaxSampleBoxes is how many boxes of a result a sample has at most: the first.
const MaxSampleBoxes = 64

// AppendSample appends the sample that docs/recordings.md specifies under Boxes, for a video of width and height: at most
// 16 KiB of JSON.
func (r *Result) AppendSample(b []byte, width, height int) []byte {
	across, down := axis{r.Width, width}, axis{r.Height, height}
	b = append(b, '[')
	for i, box := range r.Boxes[:min(len(r.Boxes), MaxSampleBoxes)] {
		if i > 0 {
			b = append(b, ',')
		}
		x, w := across.span(box.X, box.W)
		y, h := down.span(box.Y, box.H)
		b = append(b, '[')
		b = appendString(b, box.Class[:min(len(box.Class), MaxClass)])
		b = append(b, ',')
		b = strconv.AppendFloat(b, float64(box.Score), 'f', 2, 32)
		for _, number := range [...]int{x, y, w, h} {
			b = append(b, ',')
			b = strconv.AppendInt(b, int64(number), 10)
		}
		b = append(b, ']')
	}
	return append(b, ']')
}

// axis is the width, or the height, of the detector's picture and of the video's.
type axis struct{ from, to int }

// span gives where a side of a box begins in the video's pixels, and how long it is: 1 at least, and over the picture's
// edges by one picture's length at most.
func (a axis) span(begin, length float32) (int, int) {
	scale, limit := float64(a.to)/float64(a.from), float64(a.to)
	at := within(math.Round(float64(begin)*scale), -limit, 2*limit-1)
	end := within(at+math.Round(float64(length)*scale), at+1, 2*limit)
	return int(at), int(end - at)
}

// within is also for what is not a number.
func within(number, least, most float64) float64 {
	if number > least { // false for NaN
		return min(number, most)
	}
	return least
}

const hex = "0123456789abcdef"

// appendString appends text as a JSON string. What is not UTF-8 becomes U+FFFD.
func appendString(b []byte, text string) []byte {
	b = append(b, '"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', byte(c))
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			b = utf8.AppendRune(b, c)
		}
	}
	return append(b, '"')
}
