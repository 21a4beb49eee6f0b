package recordings

import (
	"encoding/json"
	"net/http"
	"reflect"
	"testing"
	"time"
)

func TestAFilmIsSentAsPythonSendsIt(t *testing.T) {
	read := readCases(t)
	for n, ask := range read.Videos.Asks {
		h := http.Header{}
		for name, value := range ask.Headers {
			h.Set(name, value)
		}
		disposition := NewDownloads(ask.Camera).Disposition("inline", "petcam_20260101-120000.mp4")
		v := AnswerVideo(ask.Method, h, 1000, time.Unix(0, 1_795_432_561_200_000_123), disposition)
		got := []any{float64(v.Status)}
		if v.Status == http.StatusRequestedRangeNotSatisfiable {
			got = append(got, v.Header.Get("Content-Range"))
		} else {
			for _, name := range []string{
				"Content-Type", "Content-Length", "Content-Range", "Content-Disposition", "Accept-Ranges", "ETag",
			} {
				got = append(got, v.Header.Get(name))
			}
		}
		if !reflect.DeepEqual(got, read.Videos.Answers[n]) {
			text, _ := json.Marshal(ask)
			t.Errorf("%.200s\n got %v\nwant %v", text, got, read.Videos.Answers[n])
		}
	}
}

func TestTheBytesThatFollowAreThoseOfTheHeaders(t *testing.T) {
	v := AnswerVideo("GET", http.Header{"Range": {"bytes=2-4"}}, 10, time.Unix(0, 255), "inline")
	if v.Status != 206 || v.Offset != 2 || v.Length != 3 || v.Header.Get("Etag") != `"a-ff"` {
		t.Error(v)
	}
	v = AnswerVideo("GET", http.Header{"If-None-Match": {`"x"`, `"a-ff"`}}, 10, time.Unix(0, 255), "inline")
	if v.Status != 304 || v.Length != 0 {
		t.Error(v)
	}
	v = AnswerVideo("GET", http.Header{"Range": {"bytes=0-"}}, 0, time.Unix(0, 255), "inline")
	if v.Status != 416 || v.Header.Get("Content-Range") != "bytes */0" {
		t.Error(v)
	}
}

func FuzzHeaders(f *testing.F) {
	f.Add("bytes=1-2", `W/"a", b`)
	f.Add("bytes=-99999999999999999999", `"`)
	f.Fuzz(func(t *testing.T, asks, tags string) {
		h := http.Header{"Range": {asks}, "If-None-Match": {tags}, "If-Match": {tags}, "If-Range": {tags}}
		Condition(h, "a-ff")
		mayBePart(h, "a-ff")
		of, kind := requestedRange(asks, 10)
		if kind == part && (of.first < 0 || of.last < of.first || of.last > 9) {
			t.Error(of)
		}
	})
}
