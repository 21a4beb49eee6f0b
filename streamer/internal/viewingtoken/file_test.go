package viewingtoken

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"petcam/streamer/internal/state/statetest"
)

// vectors are tests/viewing-tokens.json, which the Python tests read too.
type vectors struct {
	File    string
	Good    map[string]string // tokens and their ids
	Bad     []string
	Damaged []string
}

func readVectors(t *testing.T) (v vectors) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "tests", "viewing-tokens.json"))
	if err == nil {
		err = json.Unmarshal(text, &v)
	}
	if err != nil || len(v.Good) == 0 {
		t.Fatal(err)
	}
	return v
}

// put writes the file whole, as petcam token does.
func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path+".new", []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func newFile(t *testing.T) (f *File, path string, log *strings.Builder) {
	t.Helper()
	log = &strings.Builder{}
	path = filepath.Join(t.TempDir(), "viewing_tokens.json")
	return New(path, slog.New(slog.NewTextHandler(log, nil))), path, log
}

func expectNobody(t *testing.T, f *File, v vectors, why string) {
	t.Helper()
	for token, id := range v.Good {
		if got, err := f.Accept(token); err == nil || got != "" || f.IsValid(id) {
			t.Errorf("%.40q lets %q in", why, got)
		}
	}
}

func TestOnlyTokensInTheFileAreAccepted(t *testing.T) {
	v := readVectors(t)
	f, path, _ := newFile(t)
	expectNobody(t, f, v, "no file")
	put(t, path, v.File)
	for token, id := range v.Good {
		if got, err := f.Accept(token); err != nil || got != id || !f.IsValid(id) {
			t.Errorf("%s: %q, %v", id, got, err)
		}
	}
	for _, token := range v.Bad {
		if got, err := f.Accept(token); err == nil || token != "" && strings.Contains(err.Error(), token) {
			t.Errorf("%q: %q, %v", token, got, err)
		}
	}
	if f.IsValid("") || f.IsValid("another") {
		t.Error("it holds what nobody has")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	expectNobody(t, f, v, "removed")
}

func TestDamagedFileAcceptsNoTokenAndIsLoggedOnce(t *testing.T) {
	v := readVectors(t)
	for _, text := range append(v.Damaged, v.File+strings.Repeat(" ", MaxFileBytes)) {
		f, path, log := newFile(t)
		put(t, path, v.File)
		f.IsValid("")
		put(t, path, text)
		expectNobody(t, f, v, text)
		if n := strings.Count(log.String(), "\n"); n != 1 {
			t.Errorf("%.40q: %d lines in the log", text, n)
		}
		put(t, path, v.File)
		if !f.IsValid("3f9a0c12") {
			t.Errorf("%.40q: it is not heard after that", text)
		}
	}
}

func TestWhateverTheFileHasBecomeNobodyIsLetInUntilItIsMended(t *testing.T) {
	v := readVectors(t)
	for name, damage := range statetest.Damages() {
		t.Run(name, func(t *testing.T) {
			f, path, log := newFile(t)
			put(t, path, v.File)
			f.IsValid("")
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			damage(t, path)
			expectNobody(t, f, v, name)
			if f.Fault() == "" || strings.Count(log.String(), "\n") != 1 || !strings.Contains(log.String(), "sudo petcam token") {
				t.Errorf("fault %q, log %q", f.Fault(), log)
			}
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
			put(t, path, v.File)
			if !f.IsValid("3f9a0c12") || f.Fault() != "" {
				t.Errorf("it is not heard after that: %s", f.Fault())
			}
		})
	}
}

func TestEachUsedTokenIsReportedOnceWhenRevoked(t *testing.T) {
	v := readVectors(t)
	f, path, _ := newFile(t)
	put(t, path, v.File)
	for token := range v.Good {
		if _, err := f.Accept(token); err != nil {
			t.Fatal(err)
		}
	}
	expectGone := func(want ...string) {
		t.Helper()
		if got := f.revokedIDs(); !slices.Equal(got, want) {
			t.Errorf("%q instead of %q", got, want)
		}
	}
	expectGone()
	put(t, path, strings.Replace(v.File, "3f9a0c12", "11111111", 1))
	f.IsValid("") // that somebody else has noticed the change hides nothing
	expectGone("3f9a0c12")
	expectGone()
	put(t, path, `{"version":1,"tokens":[]}`)
	expectGone("00ff17aa") // 11111111 has let nobody in
}

func TestEnvironmentMayNameTheFile(t *testing.T) {
	t.Setenv("PETCAM_VIEWING_TOKENS", "")
	if got := Path("/state"); got != "/state/viewing_tokens.json" {
		t.Error(got)
	}
	t.Setenv("PETCAM_VIEWING_TOKENS", "/elsewhere.json")
	if got := Path("/state"); got != "/elsewhere.json" {
		t.Error(got)
	}
}
