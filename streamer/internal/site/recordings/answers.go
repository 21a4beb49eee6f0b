package recordings

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"petcam/streamer/internal/library"
)

// ticks are those of a second, of a recording's times.
const ticks = 90_000

// List is the body of an answer with recordings; thumbnails says whether there are any of them here.
func List(page library.Page, thumbnails bool) []byte {
	w := compact().begin('{')
	w.key("recordings").begin('[')
	for _, recording := range page.Recordings {
		w.recording(recording)
	}
	w.end(']')
	w.key("next").text(page.Next)
	w.totals(page.Totals, thumbnails)
	return w.end('}').b
}

func (w *writer) recording(r library.Recording) {
	w.begin('{')
	w.key("name").text(r.Name)
	w.key("day").text(r.Day)
	w.key("start").text(isoFormat(r.Start))
	w.key("duration").number(rounded(r.Duration, 3))
	w.key("size").whole(r.Size)
	w.key("frames").wholeOrNull(r.Frames)
	width, height := int64(r.Shape.Width), int64(r.Shape.Height)
	if r.Shape == (library.Shape{}) {
		width, height = -1, -1
	}
	w.key("width").wholeOrNull(width)
	w.key("height").wholeOrNull(height)
	w.key("pinned").bool(r.Pinned)
	w.key("kind").text(r.Kind)
	w.key("state").text(r.State)
	w.end('}')
}

// isoFormat is a local time as Python's isoformat has it: its offset with seconds only where it has some.
func isoFormat(at time.Time) string {
	_, offset := at.Zone()
	sign := '+'
	if offset < 0 {
		sign, offset = '-', -offset
	}
	text := fmt.Sprintf("%s%c%02d:%02d", at.Format("2006-01-02T15:04:05"), sign, offset/3600, offset/60%60)
	if seconds := offset % 60; seconds != 0 {
		text += fmt.Sprintf(":%02d", seconds)
	}
	return text
}

func (w *writer) totals(totals library.Totals, thumbnails bool) {
	w.key("total").whole(int64(totals.Count))
	w.key("used").whole(totals.Used)
	w.key("free").whole(totals.Free)
	w.key("thumbnails").bool(thumbnails)
}

// Days is the body of an answer with the days that have recordings, and its ETag. That leaves out what is free, which
// changes without end. Today is YYYY-MM-DD.
func Days(days []library.Day, today string, totals library.Totals, thumbnails bool) (body []byte, etag string) {
	same := totals
	same.Free = 0
	w := spaced().days(days, today, same, thumbnails)
	sum := sha256.Sum256(w.end('}').b)
	etag = hex.EncodeToString(sum[:8])
	w = compact().days(days, today, totals, thumbnails)
	w.key("version").text(etag)
	return w.end('}').b, etag
}

// days leaves the object open.
func (w *writer) days(days []library.Day, today string, totals library.Totals, thumbnails bool) *writer {
	w.begin('{')
	w.key("days").begin('[')
	for _, day := range days {
		w.begin('{')
		w.key("day").text(day.Day)
		w.key("count").whole(int64(day.Count))
		w.key("pinned").whole(int64(day.Pinned))
		w.end('}')
	}
	w.end(']')
	w.key("today").text(today)
	w.totals(totals, thumbnails)
	return w
}

// Changed is the body of an answer to a change of many: which were changed, and of the others why not.
func Changed(names []string, failures library.Failures) []byte {
	w := compact().begin('{')
	w.key("done").begin('[')
	for _, name := range names {
		if failures[name] == nil {
			w.text(name)
		}
	}
	w.end(']')
	w.key("failed").begin('[')
	for _, name := range names {
		failure := failures[name]
		if failure == nil {
			continue
		}
		w.begin('{')
		w.key("name").text(name)
		w.key("error").text(string(failure.Code))
		w.key("message").text(failure.Message)
		w.end('}')
	}
	w.end(']')
	return w.end('}').b
}

// Boxes is the body of an answer with a recording's boxes.
func Boxes(part library.BoxesPart) []byte {
	w := compact().begin('{')
	w.key("timescale").whole(ticks)
	w.key("width").whole(int64(part.Width))
	w.key("height").whole(int64(part.Height))
	w.key("frames").begin('[')
	for _, frame := range part.Frames {
		w.begin('[').whole(frame.Ticks)
		w.begin('[')
		for _, box := range frame.Boxes {
			w.box(box)
		}
		w.end(']').end(']')
	}
	w.end(']')
	if part.More >= 0 {
		w.key("more").whole(part.More)
	}
	return w.end('}').b
}

func (w *writer) box(box library.Box) {
	w.begin('[').text(box.Class)
	if box.Whole {
		w.whole(int64(box.Score))
	} else {
		w.number(box.Score)
	}
	for _, pixels := range []int32{box.X, box.Y, box.W, box.H} {
		w.whole(int64(pixels))
	}
	w.end(']')
}
