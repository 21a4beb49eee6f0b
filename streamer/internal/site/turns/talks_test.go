package turns

import (
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"petcam/streamer/internal/config"
	"petcam/streamer/internal/page"
	"petcam/streamer/internal/site"
	"petcam/streamer/internal/sound"
	"petcam/streamer/internal/switches"
	"petcam/streamer/internal/week"
)

// talk is one of tests/switch-talks.json, which the Python tests read too.
type talk struct {
	About, As, Recorded, Mark string
	Microphone                bool
	Files                     map[string]string
	Asks                      [][3]string
	Answers                   []reply
}

// reply is status, headers and body.
type reply struct {
	status  int
	headers map[string]string
	text    string
}

func (a *reply) UnmarshalJSON(text []byte) error {
	return json.Unmarshal(text, &[]any{&a.status, &a.headers, &a.text})
}

// readCases reads one of the files that the Python tests read too.
func readCases(t *testing.T, name string, to any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "tests", name))
	if err == nil {
		err = json.Unmarshal(text, to)
	}
	if err != nil {
		t.Fatal("cases are missing", err)
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path+".new", []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// clock is the board's, which the test sets.
type clock struct{ wall, ns int64 }

func (c *clock) clock() switches.Clock {
	return switches.Clock{Wall: func() time.Time { return time.Unix(c.wall, 0) }, Monotonic: func() int64 { return c.ns }}
}

// quietRoom is an audio segment of which packets is how old the newest packet is, in ns; nil: there is none.
type quietRoom struct {
	clock   *clock
	age     *int64
	opened  int
	closed  int
	skipped bool
}

func (q *quietRoom) Newest() { q.skipped = true }
func (q *quietRoom) Close()  { q.closed++ }
func (q *quietRoom) Poll(to *sound.Packet) bool {
	if q.age == nil || !q.skipped {
		return false
	}
	to.PublishNS = uint64(q.clock.ns - *q.age)
	return true
}

// stand is both switches in a directory of their own, with a clock.
type stand struct {
	*Turns
	clock
	directory string
	room      quietRoom
	written   strings.Builder // of the log
	schedule  []week.OffTime
	known     bool
}

func newStand(t *testing.T, mark string, c config.Config) *stand {
	t.Helper()
	s := &stand{directory: t.TempDir(), known: true}
	s.room.clock = &s.clock
	log := slog.New(slog.NewTextHandler(&s.written, nil))
	camera, microphone := switches.Camera(s.directory, mark, log), switches.Sound(s.directory, mark, log)
	camera.Clock, microphone.Clock = s.clock.clock(), s.clock.clock()
	s.Turns = New(Options{
		Config: c, Camera: camera, Sound: microphone, Log: log,
		Schedule:  func() ([]week.OffTime, bool) { return s.schedule, s.known },
		OpenSound: func() Source { s.room.opened++; s.room.skipped = false; return &s.room },
	})
	return s
}

// visitors are all the same one.
type visitors struct{ as string }

func (v visitors) LoginNeeded() bool               { return v.as != "free" }
func (v visitors) Accepts(token string) bool       { return token == "turner" || token == "token" }
func (v visitors) MayTurnCamera(token string) bool { return token == "turner" }
func (v visitors) Find(*site.Request) *site.Session {
	if v.as != "owner" && v.as != "viewer" {
		return nil
	}
	return &site.Session{Owner: v.as == "owner", Lasts: func() bool { return true }}
}

// ask sends a request as a visitor's program or page.
func (s *stand) ask(as, method, path, body string) *httptest.ResponseRecorder {
	c := config.Default()
	all := site.New(site.Options{Bundle: &page.Bundle{}, Config: c, Visitors: visitors{as}, Log: slog.New(slog.DiscardHandler)})
	all.Add(s.Routes()...)
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host, r.RemoteAddr = "localhost", "192.0.2.1:1"
	r.Header.Set("Authorization", "Bearer "+as)
	w := httptest.NewRecorder()
	all.ServeHTTP(w, r)
	return w
}

func TestTheAnswersAreThoseOfPetcamWeb(t *testing.T) {
	var all struct{ Talks []talk }
	readCases(t, "switch-talks.json", &all)
	if len(all.Talks) == 0 {
		t.Fatal("there are no talks")
	}
	for _, each := range all.Talks {
		c := config.Default()
		c.Recording.Sound = each.Recorded
		if each.Microphone {
			c.Camera.Microphone = "default"
		}
		s := newStand(t, each.Mark, c)
		for name, text := range each.Files {
			put(t, filepath.Join(s.directory, name), text)
		}
		s.wall = 1_795_827_600
		for at, asked := range each.Asks {
			s.wall += 60
			w := s.ask(each.As, asked[0], asked[1], asked[2])
			text, _ := io.ReadAll(w.Body)
			if asked[0] == http.MethodHead {
				text = nil // which net/http does not send
			}
			got := reply{w.Code, map[string]string{}, strings.ReplaceAll(string(text), s.directory, "FOLDER")}
			for _, name := range []string{"Content-Type", "Cache-Control", "Allow", "WWW-Authenticate"} {
				if value := w.Header().Get(name); value != "" {
					got.headers[name] = value
				}
			}
			want := each.Answers[at]
			if got.status != want.status || !maps.Equal(got.headers, want.headers) || got.text != want.text {
				t.Errorf("%s: %s:\n%v\nnot\n%v", each.About, asked, got, want)
			}
		}
	}
}
