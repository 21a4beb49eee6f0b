package recordings

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/config"
	"petcam/streamer/internal/library"
	"petcam/streamer/internal/page"
	"petcam/streamer/internal/site"
)

// routeCase is a line of tests/recording-cases.json; tests/unit/web/recording_cases.py says what the fields mean.
type routeCase struct {
	Method, Path, Body, Missing string
	Sent                        map[string]string
	Answer                      struct {
		Status  int
		Headers map[string]string
		Text    string
	}
}

func readRouteCases(t *testing.T) (all []routeCase) {
	t.Helper()
	file, err := os.Open("../../../../tests/recording-cases.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for lines.Buffer(nil, 1<<20); lines.Scan(); {
		var each routeCase
		if err := json.Unmarshal(lines.Bytes(), &each); err != nil {
			t.Fatal(err)
		}
		all = append(all, each)
	}
	if len(all) == 0 || lines.Err() != nil {
		t.Fatal("no cases: ", lines.Err())
	}
	return all
}

// nobody needs a login.
type nobody struct{}

func (nobody) LoginNeeded() bool                { return false }
func (nobody) Find(*site.Request) *site.Session { return nil }
func (nobody) Accepts(string) bool              { return false }
func (nobody) MayTurnCamera(string) bool        { return false }

// serve is a site with the recordings of a folder.
func serve(t *testing.T, directory *library.Directory, missing *string) *site.Site {
	t.Helper()
	bundle, err := page.Open("petcam")
	if errors.Is(err, page.ErrNotBuilt) {
		t.Skip(err)
	} else if err != nil {
		t.Fatal(err)
	}
	s := site.New(site.Options{
		Bundle: bundle, Config: config.Default(), Visitors: nobody{}, Log: slog.New(slog.DiscardHandler),
		Names: func() []string { return []string{"petcam-box"} },
	})
	s.Add(New(Options{Directory: directory, Camera: "Küche & Flur", Missing: func() string { return *missing }}).Routes()...)
	return s
}

// all is the folder that is asked for in all cases.
func all(t *testing.T, zone string) (folder string, directory *library.Directory) {
	t.Helper()
	read := readCases(t)
	folder = filepath.Join(t.TempDir(), "recordings")
	build(t, folder, *read.Cases[0].Files, read.Films)
	return folder, openIn(t, zone, folder)
}

func (c *routeCase) ask(s http.Handler) *httptest.ResponseRecorder {
	var body io.Reader
	if c.Body != "" {
		body = strings.NewReader(c.Body)
	}
	r := httptest.NewRequest(c.Method, c.Path, body)
	r.Host, r.RemoteAddr = "localhost", "192.0.2.50:1"
	for name, value := range c.Sent {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

var ofTheMoment = regexp.MustCompile(`"(today|version)":"[^"]*"`)
var ofTheDisk = regexp.MustCompile(`"free":\d+`)

// comparable is an answer as recording_cases.py has it; of a HEAD there is no body.
func comparable(c *routeCase, w *httptest.ResponseRecorder) (headers map[string]string, text string) {
	headers = map[string]string{}
	for name := range w.Header() {
		headers[name] = w.Header().Get(name)
	}
	if text = w.Body.String(); c.Method == http.MethodHead {
		text = ""
	}
	switch kind, _, _ := strings.Cut(headers["Content-Type"], ";"); {
	case kind == "text/html":
		text = ""
		if _, is := headers["Content-Length"]; is {
			headers["Content-Length"] = ""
		}
	case kind == "video/mp4" && text != "":
		sum := sha256.Sum256(w.Body.Bytes())
		text = hex.EncodeToString(sum[:])
	case kind == "application/json" && (text == "" || strings.Contains(text, `"free":`)):
		headers["Content-Length"] = ""
	}
	if path, _, _ := strings.Cut(c.Path, "?"); path == "/api/recordings/days" && headers["Etag"] != "" {
		headers["Etag"] = ""
	}
	return headers, ofTheDisk.ReplaceAllString(ofTheMoment.ReplaceAllString(text, `"$1":""`), `"free":0`)
}

func TestRecordingsAreAnsweredForAsTheSharedCasesSay(t *testing.T) {
	missing := ""
	_, directory := all(t, "UTC")
	s := serve(t, directory, &missing)
	names := []string{
		"Content-Type", "Content-Length", "Content-Disposition", "Content-Range", "Accept-Ranges", "ETag", "Allow", "Retry-After",
		"Cache-Control", "Vary",
	}
	for _, c := range readRouteCases(t) {
		missing = c.Missing
		w := c.ask(s)
		headers, text := comparable(&c, w)
		got := map[string]string{}
		for _, name := range names {
			if value, is := headers[http.CanonicalHeaderKey(name)]; is {
				got[name] = value
			}
		}
		if w.Code != c.Answer.Status || !maps.Equal(got, c.Answer.Headers) || text != c.Answer.Text {
			t.Errorf("%s %s %v %.100s:\n%d %v\n%.900q\nnot\n%d %v\n%.900q", c.Method, c.Path, c.Sent, c.Body, w.Code, got, text,
				c.Answer.Status, c.Answer.Headers, c.Answer.Text)
		}
	}
}

func TestWhatIsAProcesssOwnTroubleIsInternal(t *testing.T) {
	missing := ""
	_, directory := all(t, "UTC")
	s := serve(t, directory, &missing)
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	none := limit
	none.Cur = 0
	for _, path := range []string{"/api/recordings", "/api/recordings/days", "/api/recordings/petcam_20260101-120000.mp4"} {
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &none); err != nil {
			t.Fatal(err)
		}
		w := (&routeCase{Method: "GET", Path: path}).ask(s)
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
			t.Fatal(err)
		}
		if want := `{"error":"Internal error","message":"petcam-streamer's log says more"}`; w.Code != 500 || w.Body.String() != want {
			t.Error(path, w.Code, w.Body)
		}
	}
}

// endsEarly is a film that turns out to be shorter than its length.
func TestAFilmThatCannotBeReadToItsEndIsAnError(t *testing.T) {
	if err := send(io.Discard, strings.NewReader("abc"), 4); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
	if err := send(gone{}, strings.NewReader("abc"), 3); err != nil {
		t.Error("a client that has gone is no error: ", err)
	}
}

type gone struct{}

func (gone) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestALongFilmIsSentInPieces(t *testing.T) {
	film := strings.Repeat("film", 3*pieceBytes/4+1)
	pieces := &counting{}
	if err := send(pieces, strings.NewReader(film), int64(len(film))); err != nil || pieces.text.String() != film {
		t.Fatal(err, pieces.text.Len(), len(film))
	}
	if pieces.most > pieceBytes || pieces.count != 4 {
		t.Error(pieces.most, pieces.count)
	}
}

type counting struct {
	text        strings.Builder
	most, count int
}

func (c *counting) Write(piece []byte) (int, error) {
	c.most, c.count = max(c.most, len(piece)), c.count+1
	return c.text.Write(piece)
}
