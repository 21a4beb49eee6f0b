package library

import (
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/apierror"
)

const (
	nameA = "petcam_20260101-120000.mp4"
	nameB = "petcam_20260102-120000.mp4"
	nameC = "petcam_20260103-120000.mp4"
	nameD = "petcam_20260103-180000.mp4"
)

// board is a Directory on a real folder, whose clock and whose disk a test may turn.
type board struct {
	*Directory
	t    *testing.T
	path string
	ago  time.Duration // by which the clock is ahead
	// What the disk was asked for.
	listed, looked int
	opened         []string
	synced         int
	fail           error // of whatever fails is asked for next
	fails          string
	beforePin      func(name string)
}

func newBoard(t *testing.T) *board {
	b := &board{t: t, path: filepath.Join(t.TempDir(), "recordings")}
	if err := os.Mkdir(b.path, 0o700); err != nil {
		t.Fatal(err)
	}
	b.Directory = Open(b.path, slog.New(slog.DiscardHandler))
	b.zone, b.now = time.UTC, func() time.Time { return time.Now().Add(b.ago) }
	b.index = newIndex(b.zone, b.now)
	b.open = func() (folder, error) {
		if b.fails == "open" {
			return nil, b.fail
		}
		in, err := openFolder(b.path)
		if err != nil {
			return nil, err
		}
		return watched{in, b}, nil
	}
	return b
}

// four are recordings of three days; the second is pinned.
func four(t *testing.T) *board {
	b := newBoard(t)
	for _, name := range []string{nameA, nameB, nameC, nameD} {
		b.write(name, "x")
	}
	b.write(nameB+".pin", "")
	return b
}

// write writes a file, whose end is a minute behind what its name says.
func (b *board) write(name, text string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.path, name), []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
	b.end(name, time.Minute)
}

func (b *board) end(name string, behind time.Duration) {
	b.t.Helper()
	at, err := time.Parse("20060102-150405", name[7:22])
	if err == nil {
		err = os.Chtimes(filepath.Join(b.path, name), at.Add(behind), at.Add(behind))
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *board) remove(name string) { b.must(os.Remove(filepath.Join(b.path, name))) }

func (b *board) rename(from, to string) {
	b.must(os.Rename(filepath.Join(b.path, from), filepath.Join(b.path, to)))
}

// settle makes the folder look as if it had last been changed long ago: then it can only have changed since if its time
// has.
func (b *board) settle() { b.must(os.Chtimes(b.path, time.Unix(1e9, 0), time.Unix(1e9, 0))) }

func (b *board) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *board) page(limit int) Page {
	b.t.Helper()
	page, err := b.Page(limit, "", Wanted{})
	b.must(err)
	return page
}

func (b *board) names() (names []string) {
	for _, row := range b.page(1000).Recordings {
		names = append(names, row.Name)
	}
	return names
}

func (b *board) wantNames(want ...string) {
	b.t.Helper()
	if got := b.names(); !slices.Equal(got, want) {
		b.t.Errorf("listed are %v, not %v", got, want)
	}
}

func (b *board) wantCode(err error, want apierror.Code) {
	b.t.Helper()
	var known *apierror.Error
	if !errors.As(err, &known) || known.Code != want {
		b.t.Errorf("%v is not %q", err, want)
	}
}

// watched counts what the disk is asked for, and fails where the test wants that.
type watched struct {
	folder
	b *board
}

func (w watched) failure(of string) error {
	if w.b.fails == of {
		return w.b.fail
	}
	return nil
}

func (w watched) Names(each func([]string)) error {
	w.b.listed++
	if err := w.failure("list"); err != nil {
		return err
	}
	return w.folder.Names(each)
}

func (w watched) Stat(name string) (stamp, error) {
	w.b.looked++
	if err := w.failure("stat"); err != nil {
		return stamp{}, err
	}
	return w.folder.Stat(name)
}

func (w watched) OpenRegular(name string) (*os.File, error) {
	w.b.opened = append(w.b.opened, name)
	if err := w.failure("read"); err != nil {
		return nil, err
	}
	return w.folder.OpenRegular(name)
}

func (w watched) MakePin(name string) error {
	if before := w.b.beforePin; before != nil {
		w.b.beforePin = nil
		before(name)
	}
	if err := w.failure("pin"); err != nil {
		return err
	}
	return w.folder.MakePin(name)
}

func (w watched) Unlink(name string) error {
	if err := w.failure("unlink"); err != nil {
		return err
	}
	return w.folder.Unlink(name)
}

func (w watched) Sync() error {
	w.b.synced++
	if err := w.failure("sync"); err != nil {
		return err
	}
	return w.folder.Sync()
}

// films are those of tests/library-cases.json.
func films(t testing.TB) map[string][]byte {
	t.Helper()
	var cases struct{ Films map[string][]byte }
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "tests", "library-cases.json"))
	if err == nil {
		err = json.Unmarshal(text, &cases)
	}
	if err != nil || len(cases.Films) == 0 {
		t.Fatal("no films: ", err)
	}
	return cases.Films
}

var errDisk = unix.EIO
