package access

import (
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/state"
	"petcam/streamer/internal/viewingtoken"
)

// comesTo is what a case gives, as the Python tests have it, too.
type comesTo struct {
	Gives      any
	Message    string
	Key        string
	Command    string
	Steps      [][2]any
	Written    string
	Pair       string
	Attributes []string
	Token      string
	Role       Role
	Mark       string
	Hash       string
	Point      string
	Kind       string
	Waits      []float64
}

// aCase has the fields of all groups.
type aCase struct {
	About    string
	ComesTo  comesTo `json:"comes_to"`
	File     string
	Text     *string
	Hex      string
	Spaces   int
	Boot     string
	NowMS    int64   `json:"now_ms"`
	LaterMS  int64   `json:"later_ms"`
	WallTime float64 `json:"wall_time"`
	Marks    []int64

	Secret, Token, Generation, Root, Cookie string
	Role                                    Role
	Secure                                  bool

	Password, Salt  string
	Path, MountInfo string

	Steps []struct {
		Do, Client       string
		At               float64
		Unknown, Correct bool
		AsOwner          bool `json:"as_owner"`
	}
}

// cases are those of a group of tests/state-cases.json.
func cases(t *testing.T, group string) (found []aCase) {
	t.Helper()
	var groups map[string]json.RawMessage
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "tests", "state-cases.json"))
	if err == nil {
		err = json.Unmarshal(text, &groups)
	}
	if err == nil {
		err = json.Unmarshal(groups[group], &found)
	}
	if err != nil || len(found) == 0 {
		t.Fatal("cases are missing", err)
	}
	return found
}

func (c aCase) content(t *testing.T) []byte {
	t.Helper()
	if c.Text != nil {
		return []byte(*c.Text + strings.Repeat(" ", c.Spaces))
	}
	return append(fromHex(t, c.Hex), strings.Repeat(" ", c.Spaces)...)
}

func fromHex(t *testing.T, text string) []byte {
	t.Helper()
	found, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func put(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// reader reads a file and shows what is in it as the cases do.
func reader(name string) func(directory string) (any, *apierror.Error) {
	at := moment{"boot-1", 10_000_000_000, 1_800_000_000.5}
	switch name {
	case "owner.json":
		return readAs(ownersKind(), parsePassword, func(r passwordRecord) any { return []any{r.salt, r.hash, r.generation} })
	case "viewer.json":
		return readAs(viewersKind(), parsePassword, func(r passwordRecord) any { return []any{r.salt, r.hash, r.generation} })
	case "first_visit.json":
		return readAs(firstHourKind(), parseUsed, func(u used) any { return []any{u.boot, u.atMS, u.seconds} })
	case "sessions.json":
		return readAs(sessionsKind(), at.parseSessions, func(all []*Session) any {
			found := []any{}
			for _, s := range all {
				found = append(found, []any{s.hash, s.ID, s.Role, s.Generation, s.beganMS, s.seenMS})
			}
			return found
		})
	case "viewing_tokens.json":
		return readAs(viewingTokensKind(), viewingtoken.Parse, func(all []viewingtoken.Token) any {
			found := []any{}
			for _, each := range all {
				found = append(found, []any{each.ID, each.Label, each.SHA256, each.Created, each.Camera})
			}
			return found
		})
	case ".petcam-place":
		return readAs(placeKind(), parseMark, func(mark string) any { return mark })
	}
	return readAs(keyKind(name), longEnough, func(key []byte) any { return hex.EncodeToString(key) })
}

func readAs[T any](kind state.Kind, parse func([]byte) (T, error), show func(T) any) func(string) (any, *apierror.Error) {
	return func(directory string) (any, *apierror.Error) {
		found, _, err := state.Parsed(state.NewStateFile(directory, kind, quiet()), parse)
		return show(found), state.AsError(err)
	}
}

func TestFilesGiveWhatTheyGivePython(t *testing.T) {
	for _, c := range cases(t, "files") {
		directory := t.TempDir()
		put(t, filepath.Join(directory, c.File), c.content(t))
		found, trouble := reader(c.File)(directory)
		if trouble != nil {
			message := strings.ReplaceAll(trouble.Message, directory, "FOLDER")
			if message != c.ComesTo.Message || trouble.Key != c.ComesTo.Key || trouble.Values["command"] != c.ComesTo.Command {
				t.Errorf("%s: %s, %s, %s instead of %+v", c.About, message, trouble.Key, trouble.Values, c.ComesTo)
			}
			continue
		}
		text, _ := json.Marshal(found)
		var gives any
		if err := json.Unmarshal(text, &gives); err != nil || !reflect.DeepEqual(gives, c.ComesTo.Gives) {
			t.Errorf("%s: %v instead of %v, %s", c.About, gives, c.ComesTo.Gives, c.ComesTo.Message)
		}
	}
}

func TestTheFirstHourIsCountedAndWrittenAsPythonDoes(t *testing.T) {
	for _, c := range cases(t, "hours") {
		directory := t.TempDir()
		path := filepath.Join(directory, "first_visit.json")
		if c.Text != nil {
			put(t, path, []byte(*c.Text))
		}
		now := c.NowMS
		hour := NewFirstHour(directory, c.Boot, quiet())
		hour.clock = func() int64 { return now }
		hour.Begin()
		steps := [][2]any{{hour.IsOpen(), get(t, path)}}
		for _, now = range c.Marks {
			hour.Mark()
			steps = append(steps, [2]any{hour.IsOpen(), get(t, path)})
		}
		if !reflect.DeepEqual(steps, c.ComesTo.Steps) {
			t.Errorf("%s: %v\ninstead of %v", c.About, steps, c.ComesTo.Steps)
		}
	}
}

func TestSessionsAreWrittenAsPythonDoes(t *testing.T) {
	for _, c := range cases(t, "saves") {
		directory, now := t.TempDir(), c.NowMS
		path := filepath.Join(directory, "sessions.json")
		put(t, path, c.content(t))
		none := func(Role) (string, error) { return "", nil }
		sessions := newSessions(directory, none, c.Boot, quiet(), func() int64 { return now }, c.WallTime)
		now = c.LaterMS
		if err := sessions.Save(); err != nil || get(t, path) != c.ComesTo.Written {
			t.Errorf("%s: %s, %v\ninstead of %s", c.About, get(t, path), err, c.ComesTo.Written)
		}
	}
}

func TestViewingTokensAreWrittenAsPythonDoes(t *testing.T) {
	for _, c := range cases(t, "tokens") {
		tokens := NewViewingTokens(t.TempDir(), quiet())
		put(t, tokens.Path(), c.content(t))
		all, err := tokens.All()
		if err == nil {
			err = tokens.write(all)
		}
		if err != nil || get(t, tokens.Path()) != c.ComesTo.Written {
			t.Errorf("%s: %s, %v\ninstead of %s", c.About, get(t, tokens.Path()), err, c.ComesTo.Written)
		}
	}
}

func TestCookiesAreSignedAsPythonDoes(t *testing.T) {
	for _, c := range cases(t, "made_cookies") {
		made := NewCookie(&SecretKey{secret: fromHex(t, c.Secret)}).Make(c.Token, c.Role, c.Generation, c.Secure, c.Root)
		pair, attributes, _ := strings.Cut(made.String(), "; ")
		all := slices.DeleteFunc(strings.Split(attributes, "; "), func(each string) bool { return strings.HasPrefix(each, "Expires=") })
		slices.Sort(all)
		if pair != c.ComesTo.Pair || !slices.Equal(all, c.ComesTo.Attributes) {
			t.Errorf("%s: %s, %v instead of %s, %v", c.About, pair, all, c.ComesTo.Pair, c.ComesTo.Attributes)
		}
		if left := time.Until(made.Expires); left < 179*24*time.Hour || left > 180*24*time.Hour {
			t.Errorf("%s: expires in %v", c.About, left)
		}
	}
}

func TestCookiesAreReadAsPythonDoes(t *testing.T) {
	for _, c := range cases(t, "read_cookies") {
		r := &http.Request{Header: http.Header{"Cookie": {c.Cookie}}}
		found := NewCookie(&SecretKey{secret: fromHex(t, c.Secret)}).Read(r, c.Secure, c.Root)
		if found.Token != c.ComesTo.Token || found.Role != c.ComesTo.Role || found.Mark != c.ComesTo.Mark {
			t.Errorf("%s: %+v instead of %+v", c.About, found, c.ComesTo)
		}
		if !found.Signed && found != (Presented{}) {
			t.Errorf("%s: %+v", c.About, found)
		}
	}
}

func TestHashesAreThoseOfPython(t *testing.T) {
	for _, c := range cases(t, "hashes") {
		if found := hex.EncodeToString(hashOf(string(fromHex(t, c.Password)), fromHex(t, c.Salt))); found != c.ComesTo.Hash {
			t.Errorf("%s: %s instead of %s", c.About, found, c.ComesTo.Hash)
		}
	}
}

func TestMountsAreFoundAsPythonDoes(t *testing.T) {
	for _, c := range cases(t, "mounts") {
		if found := innermost(c.Path, c.MountInfo); found.point != c.ComesTo.Point || found.kind != c.ComesTo.Kind {
			t.Errorf("%s: %+v instead of %+v", c.About, found, c.ComesTo)
		}
	}
}

func TestTheThrottleLetsThoseWaitThatPythonDoes(t *testing.T) {
	for _, c := range cases(t, "throttles") {
		begin := time.Now()
		now := begin
		throttle := NewThrottle(func() time.Time { return now }, quiet())
		var waits []float64
		for _, step := range c.Steps {
			now = begin.Add(time.Duration(step.At * float64(time.Second)))
			if step.Do == "end" {
				throttle.End(step.Client, step.Correct, step.Unknown, step.AsOwner)
				continue
			}
			wait := throttle.Begin(step.Client, step.Unknown).Seconds()
			waits = append(waits, math.Round(wait*1000)/1000)
		}
		if !slices.Equal(waits, c.ComesTo.Waits) {
			t.Errorf("%s: %v\ninstead of %v", c.About, waits, c.ComesTo.Waits)
		}
	}
}
