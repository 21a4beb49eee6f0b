package recordings

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/library"
)

// cases is tests/library-cases.json, which the Python tests read too.
type cases struct {
	Cuts, Flips int
	Films       map[string][]byte
	Cases       []struct {
		Name, Zone string
		Files      *[]caseFile
		Asks       []map[string]json.RawMessage
		Answers    []json.RawMessage
	}
	Videos struct {
		Asks []struct {
			Method, Camera string
			Headers        map[string]string
		}
		Answers [][]any
	}
	Damaged map[string]struct {
		Texts []string
		Said  string
	}
}

type caseFile struct {
	Name, Film, Link string
	Ended            int64
	Size             int
	Folder, Fifo     bool
}

func readCases(t *testing.T) (read cases) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "tests", "library-cases.json"))
	if err == nil {
		err = json.Unmarshal(text, &read)
	}
	if err != nil || len(read.Cases) == 0 {
		t.Fatal("no cases: ", err)
	}
	return read
}

// openIn opens a folder in a time zone, as a service does that was started there.
func openIn(t *testing.T, zone, folder string) *library.Directory {
	t.Helper()
	where, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	before := time.Local
	time.Local = where
	t.Cleanup(func() { time.Local = before })
	return library.Open(folder, slog.New(slog.DiscardHandler))
}

func TestBothLanguagesSayTheSame(t *testing.T) {
	read := readCases(t)
	for _, c := range read.Cases {
		t.Run(c.Name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "recordings")
			if c.Files != nil {
				build(t, folder, *c.Files, read.Films)
			}
			d := openIn(t, c.Zone, folder)
			for n, ask := range c.Asks {
				var want any
				if err := json.Unmarshal(c.Answers[n], &want); err != nil {
					t.Fatal(err)
				}
				got := answerOf(t, d, folder, ask)
				if !equal(got, want) {
					t.Errorf("%s\n got %s\nwant %s", asText(ask), got, asText(want))
				}
			}
		})
	}
}

func TestOfDamagedFilmsBothLanguagesSayTheSame(t *testing.T) {
	read := readCases(t)
	for film, damaged := range read.Damaged {
		folder := t.TempDir()
		name, good := "petcam_20260101-120000.mp4", read.Films[film]
		said := strings.Fields(damaged.Said)
		for n, content := range damagedFilms(good, read.Cuts, read.Flips) {
			path := filepath.Join(folder, name)
			ended := time.Unix(1767268802, 0)
			if err := errors.Join(os.WriteFile(path, content, 0o600), os.Chtimes(path, ended, ended)); err != nil {
				t.Fatal(err)
			}
			at, _ := strconv.Atoi(said[n])
			if got := rowAndBoxes(t, openIn(t, "UTC", folder), name); got != damaged.Texts[at] {
				t.Errorf("%s %d\n got %s\nwant %s", film, n, got, damaged.Texts[at])
			}
		}
	}
}

func damagedFilms(good []byte, cuts, flips int) (films [][]byte) {
	for cut := 0; cut < len(good); cut += cuts {
		films = append(films, good[:cut])
	}
	for flip := 0; flip < len(good); flip += flips {
		film := slices.Clone(good)
		film[flip] ^= 0xff
		films = append(films, film)
	}
	return films
}

// rowAndBoxes is what is said of a damaged film.
func rowAndBoxes(t *testing.T, d *library.Directory, name string) string {
	t.Helper()
	page, err := d.Page(1, "", library.Wanted{})
	if err != nil || len(page.Recordings) != 1 {
		t.Fatal(page, err)
	}
	row := page.Recordings[0]
	w := compact().begin('[')
	w.text(isoFormat(row.Start))
	w.number(row.Duration)
	w.wholeOrNull(row.Frames)
	w.begin('[')
	if row.Shape != (library.Shape{}) {
		w.whole(int64(row.Shape.Width))
		w.whole(int64(row.Shape.Height))
	}
	w.end(']').separate()
	return string(append(w.b, boxesOf(t, d, name, 0, 1e9)...)) + "]"
}

func boxesOf(t *testing.T, d *library.Directory, name string, begin, end int64) string {
	t.Helper()
	part, err := d.Boxes(name, begin, end)
	if err != nil {
		return said(t, err)
	}
	body := string(Boxes(part))
	frames := body[strings.Index(body, `"frames":`)+len(`"frames":`) : len(body)-1]
	frames, _, _ = strings.Cut(frames, `,"more":`)
	more := "null"
	if part.More >= 0 {
		more = strconv.FormatInt(part.More, 10)
	}
	return fmt.Sprintf("[%d,%d,%s,%s]", part.Width, part.Height, frames, more)
}

func said(t *testing.T, err error) string {
	t.Helper()
	var known *apierror.Error
	if !errors.As(err, &known) {
		t.Fatal(err)
	}
	return asText([]string{string(known.Code), known.Message})
}

func build(t *testing.T, folder string, files []caseFile, films map[string][]byte) {
	t.Helper()
	err := os.Mkdir(folder, 0o700)
	for _, each := range files {
		path := filepath.Join(folder, each.Name)
		switch {
		case each.Link != "":
			err = errors.Join(err, os.Symlink(each.Link, path))
		case each.Folder:
			err = errors.Join(err, os.Mkdir(path, 0o700))
		case each.Fifo:
			err = errors.Join(err, syscall.Mkfifo(path, 0o600))
		default:
			content := make([]byte, each.Size)
			if each.Film != "" {
				content = films[each.Film]
			}
			err = errors.Join(err, os.WriteFile(path, content, 0o600))
			times := []unix.Timespec{unix.NsecToTimespec(each.Ended), unix.NsecToTimespec(each.Ended)}
			err = errors.Join(err, unix.UtimesNanoAt(unix.AT_FDCWD, path, times, 0))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

type pageAsk struct {
	Limit                     int
	Before, First, Last, Kind string
	Pinned                    *bool
}

func (a pageAsk) wanted() library.Wanted {
	return library.Wanted{FirstDay: a.First, LastDay: a.Last, Kind: a.Kind, Pinned: a.Pinned}
}

// answerOf is JSON.
func answerOf(t *testing.T, d *library.Directory, folder string, ask map[string]json.RawMessage) string {
	t.Helper()
	for what, text := range ask {
		switch what {
		case "names":
			entries, err := os.ReadDir(folder)
			if err != nil {
				t.Fatal(err)
			}
			names := []string{}
			for _, entry := range entries {
				names = append(names, entry.Name())
			}
			return asText(names)
		case "pin":
			return changed(t, d.PinAll, text)
		case "unpin":
			return changed(t, d.UnpinAll, text)
		case "delete":
			return changed(t, d.DeleteAll, text)
		case "page", "days":
			var asked pageAsk
			if err := json.Unmarshal(text, &asked); err != nil {
				t.Fatal(err)
			}
			if what == "days" {
				return daysOf(t, d, asked)
			}
			return pageOf(t, d, asked)
		case "open":
			var name string
			if err := json.Unmarshal(text, &name); err != nil {
				t.Fatal(err)
			}
			return lengthOf(t, d, name)
		case "boxes":
			var name string
			var begin, end int64
			if err := json.Unmarshal(text, &[]any{&name, &begin, &end}); err != nil {
				t.Fatal(err)
			}
			return boxesOf(t, d, name, begin, end)
		}
	}
	t.Fatal("nothing is asked: ", ask)
	return ""
}

func changed(t *testing.T, change func([]string) (library.Failures, error), text json.RawMessage) string {
	t.Helper()
	var names []string
	if err := json.Unmarshal(text, &names); err != nil {
		t.Fatal(err)
	}
	failures, err := change(names)
	if err != nil {
		t.Fatal(err)
	}
	told := map[string][]string{}
	for name, failure := range failures {
		told[name] = []string{string(failure.Code), failure.Message}
	}
	return asText(told)
}

func pageOf(t *testing.T, d *library.Directory, asked pageAsk) string {
	t.Helper()
	page, err := d.Page(asked.Limit, asked.Before, asked.wanted())
	if err != nil {
		return said(t, err)
	}
	body, _, _ := strings.Cut(string(List(page, false)), `,"free":`)
	return body + "}"
}

func daysOf(t *testing.T, d *library.Directory, asked pageAsk) string {
	t.Helper()
	days, totals, err := d.Days(asked.wanted())
	if err != nil {
		return said(t, err)
	}
	rows := [][]any{}
	for _, day := range days {
		rows = append(rows, []any{day.Day, day.Count, day.Pinned})
	}
	return asText(map[string]any{"days": rows, "total": totals.Count, "used": totals.Used})
}

func lengthOf(t *testing.T, d *library.Directory, name string) string {
	t.Helper()
	file, err := d.OpenRecording(name)
	if err != nil {
		return said(t, err)
	}
	defer func() { _ = file.Close() }()
	b, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return strconv.Itoa(len(b))
}

func asText(value any) string {
	text, _ := json.Marshal(value)
	return string(text)
}

func equal(text string, want any) bool {
	var got any
	return json.Unmarshal([]byte(text), &got) == nil && asText(got) == asText(want)
}
