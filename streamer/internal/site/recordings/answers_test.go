package recordings

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/library"
)

func TestTheETagOfDaysIsPythonsAndLeavesOutWhatIsFree(t *testing.T) {
	days := []library.Day{{Day: "2026-11-23", Count: 12, Pinned: 1}, {Day: "2026-11-22", Count: 1}}
	for _, free := range []int64{0, 23_100_000_000} {
		body, etag := Days(days, "2026-11-24", library.Totals{Count: 312, Used: 4_770_000_000, Free: free}, true)
		if etag != "d9a35f2bc649fb8f" {
			t.Error(etag)
		}
		want := `{"days":[{"day":"2026-11-23","count":12,"pinned":1},{"day":"2026-11-22","count":1,"pinned":0}],` +
			`"today":"2026-11-24","total":312,"used":4770000000,"free":` + decimal(free) + `,"thumbnails":true,"version":"d9a35f2bc649fb8f"}`
		if string(body) != want {
			t.Errorf("%s", body)
		}
	}
	body, etag := Days(nil, "2026-11-24", library.Totals{}, false)
	want := `{"days":[],"today":"2026-11-24","total":0,"used":0,"free":0,"thumbnails":false,"version":"1ba702fb74f4a8cb"}`
	if string(body) != want || etag != "1ba702fb74f4a8cb" {
		t.Errorf("%s", body)
	}
}

func TestAListIsWrittenAsPythonWritesIt(t *testing.T) {
	row := library.Recording{
		Name: "petcam_20261123-201500.mp4", Day: "2026-11-23", Duration: 61.2004999, Size: 15_300_000, Frames: 1836,
		Start: time.Date(2026, 11, 23, 20, 15, 0, 0, time.FixedZone("", 9*3600)),
		Shape: library.Shape{Width: 1280, Height: 720}, Kind: "hand", State: library.Complete,
	}
	page := library.Page{Recordings: []library.Recording{row}, Next: "x@1", Totals: library.Totals{Count: 1, Used: 2, Free: 3}}
	want := `{"recordings":[{"name":"petcam_20261123-201500.mp4","day":"2026-11-23","start":"2026-11-23T20:15:00+09:00",` +
		`"duration":61.2,"size":15300000,"frames":1836,"width":1280,"height":720,"pinned":false,"kind":"hand",` +
		`"state":"complete"}],"next":"x@1","total":1,"used":2,"free":3,"thumbnails":false}`
	if got := string(List(page, false)); got != want {
		t.Error(got)
	}
	if got := string(List(library.Page{}, true)); got != `{"recordings":[],"next":"","total":0,"used":0,"free":0,"thumbnails":true}` {
		t.Error(got)
	}
}

func TestTimesHaveTheOffsetThatPythonGivesThem(t *testing.T) {
	for offset, want := range map[int]string{
		0: "+00:00", -8 * 3600: "-08:00", 5*3600 + 41*60 + 16: "+05:41:16", -(4*3600 + 30*60): "-04:30",
	} {
		got := isoFormat(time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", offset)))
		if got != "2026-01-02T03:04:05"+want {
			t.Error(got)
		}
	}
}

func TestNumbersAreWrittenAndRoundedAsPythonDoes(t *testing.T) {
	for number, want := range map[float64]string{
		0: "0.0", 1: "1.0", 0.93: "0.93", 1e-4: "0.0001", 1e-5: "1e-05", 123456789.125: "123456789.125", 1e15: "1000000000000000.0",
		1e16: "1e+16", 1.5e300: "1.5e+300", -2.5: "-2.5",
	} {
		if got := string(appendNumber(nil, number)); got != want {
			t.Error(got, want)
		}
	}
	for number, want := range map[float64]float64{0.0005: 0.001, 0.0625: 0.062, 2.6755: 2.675, 1.0005: 1.0, 12: 12, 1e300: 1e300} {
		if got := rounded(number, 3); got != want {
			t.Error(number, got, want)
		}
	}
}

func TestTextIsEscapedAsPythonDoes(t *testing.T) {
	w := compact()
	w.text("\"\\/<&>\b\f\n\r\t\x00\x1f\x7f猫\u2028😀")
	if got, want := string(w.b), `"\"\\/<&>\b\f\n\r\t\u0000\u001f`+"\x7f猫\u2028😀"+`"`; got != want {
		t.Error(got)
	}
}

func TestWhatManyChangesDidIsSaidInTheOrderOfTheirNames(t *testing.T) {
	failures := library.Failures{
		"b": apierror.New(apierror.Conflict, "b is pinned; unpin it first"), "a": apierror.New(apierror.NotFound, "no"),
	}
	want := `{"done":["d","c"],"failed":[{"name":"b","error":"Conflict","message":"b is pinned; unpin it first"},` +
		`{"name":"a","error":"Not found","message":"no"}]}`
	if got := string(Changed([]string{"d", "b", "c", "a"}, failures)); got != want {
		t.Error(got)
	}
}

func TestBoxesAreAnswered(t *testing.T) {
	part := library.BoxesPart{Width: 64, Height: 48, More: -1, Frames: []library.Frame{
		{Ticks: 3000, Boxes: []library.Box{{Class: "cat", Score: 0.93, X: 1, Y: -2, W: 3, H: 4}, {Class: "猫", Score: 1, Whole: true}}},
		{Ticks: 9000},
	}}
	want := `{"timescale":90000,"width":64,"height":48,"frames":[[3000,[["cat",0.93,1,-2,3,4],["猫",1,0,0,0,0]]],[9000,[]]]`
	if got := string(Boxes(part)); got != want+"}" {
		t.Error(got)
	}
	part.More = 0
	if got := string(Boxes(part)); got != want+`,"more":0}` {
		t.Error(got)
	}
}

func query(values ...string) Query {
	return func(name string) (string, bool) {
		for n := 0; n < len(values); n += 2 {
			if values[n] == name {
				return values[n+1], true
			}
		}
		return "", false
	}
}

func TestAQuerySaysWhichAreWanted(t *testing.T) {
	yes, no := true, false
	for _, c := range []struct {
		query Query
		want  library.Wanted
	}{
		{query(), library.Wanted{}},
		{query("day", "2026-01-02", "from", "nonsense"), library.Wanted{FirstDay: "2026-01-02", LastDay: "2026-01-02"}},
		{query("from", "2026-01-02", "to", "2026-01-31"), library.Wanted{FirstDay: "2026-01-02", LastDay: "2026-01-31"}},
		{query("to", "2026-02-31", "kept", "yes"), library.Wanted{LastDay: "2026-02-31", Pinned: &yes}},
		{query("kept", "no", "kind", "always"), library.Wanted{Kind: "always", Pinned: &no}},
	} {
		if got, err := Wanted(c.query); err != nil || !reflect.DeepEqual(got, c.want) {
			t.Error(got, err)
		}
	}
}

func TestAQueryThatSaysNoDayAndNoKindIsRefused(t *testing.T) {
	for _, c := range [][3]string{
		{"day", "2026-1-3", "day must be a day as 2026-11-23"}, {"day", "", "day must be a day as 2026-11-23"},
		{"from", "today", "from must be a day as 2026-11-23"}, {"to", "2026-13-01", "to must be a day as 2026-11-23"},
		{"day", "2026-01-03\n", "day must be a day as 2026-11-23"}, {"kept", "1", "kept must be yes or no"},
		{"kept", "", "kept must be yes or no"}, {"kind", "", "kind must be one of hand, visit, always"},
		{"kind", "Visit", "kind must be one of hand, visit, always"},
	} {
		_, err := Wanted(query(c[0], c[1]))
		var known *apierror.Error
		if !errors.As(err, &known) || known.Code != apierror.BadRequest || known.Message != c[2] {
			t.Error(c, err)
		}
	}
}

func TestNamesOfABody(t *testing.T) {
	names, err := Names(map[string]any{"names": []any{"a", "b", "a"}})
	if err != nil || !reflect.DeepEqual(names, []string{"a", "b"}) {
		t.Error(names, err)
	}
	const noList, noCount = "names must be a list of names of recordings", "names must have 1 to 500 names"
	many := make([]any, 501)
	for n := range many {
		many[n] = "a"
	}
	for _, c := range []struct {
		names any
		want  string
	}{
		{nil, noList}, {"a", noList}, {[]any{1.0}, noList}, {[]any{"a", nil}, noList}, {[]any{}, noCount}, {many, noCount},
	} {
		if _, err := Names(map[string]any{"names": c.names}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Error(c, err)
		}
	}
}

func TestATickIsTheNearest(t *testing.T) {
	for seconds, want := range map[float64]int64{0: 0, 0.033333: 3000, 0.03335: 3002, 1e6: 9e10, 1.5 / 90_000: 2} {
		if got := Ticks(seconds); got != want {
			t.Error(seconds, got)
		}
	}
}
