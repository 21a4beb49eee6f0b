package config_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"go.yaml.in/yaml/v3"

	"petcam/streamer/internal/config"
)

const top = "../../.."

// testCase is a case of tests/config-cases.yaml, which says what its fields mean.
type testCase struct {
	Name     string
	YAML     string
	Times    int
	Error    string
	NotYAML  bool `yaml:"not_yaml"`
	Warnings []string
	Mistakes []int
	Expect   map[string]any
}

func TestAFileMeansWhatTheCasesSay(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(top, "tests", "config-cases.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var cases []testCase
	if err := yaml.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) { c.run(t) })
	}
}

func (c testCase) run(t *testing.T) {
	text := []byte(strings.Repeat(c.YAML, max(1, c.Times)))
	got, warnings, err := config.Parse(text, "petcam.yaml")
	if c.NotYAML {
		expectNotYAML(t, err)
		return
	}
	if c.Error != "" {
		if err == nil || err.Error() != c.Error {
			t.Errorf("got error %v\nwant %s", err, c.Error)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	var mistakes []int
	for i, warning := range warnings {
		said = append(said, warning.Words)
		if warning.Mistake {
			mistakes = append(mistakes, i+1)
		}
	}
	if !slices.Equal(said, c.Warnings) || !slices.Equal(mistakes, c.Mistakes) {
		t.Errorf("got warnings %q, mistakes %d; want %q, %d", said, mistakes, c.Warnings, c.Mistakes)
	}
	for key, want := range c.Expect {
		if have, wanted := asJSON(t, value(t, got, key)), asJSON(t, want); have != wanted {
			t.Errorf("%s is %s, want %s", key, have, wanted)
		}
	}
}

func expectNotYAML(t *testing.T, err error) {
	if err == nil || !regexp.MustCompile(`^petcam\.yaml: (line \d+: )?is not YAML: [^\n]+$`).MatchString(err.Error()) {
		t.Errorf("got error %v", err)
	}
}

// value finds what the file calls section.key: public_url is the field PublicURL.
func value(t *testing.T, c config.Config, name string) any {
	found := reflect.ValueOf(c)
	for part := range strings.SplitSeq(strings.ReplaceAll(name, "_", ""), ".") {
		found = found.FieldByNameFunc(func(field string) bool { return strings.EqualFold(field, part) })
		if !found.IsValid() {
			t.Fatalf("there is no field for %s", name)
		}
	}
	if list, ok := found.Interface().([]string); ok && list == nil {
		return []string{}
	}
	return found.Interface()
}

func asJSON(t *testing.T, value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestTheDocumentedFileIsTheDefaults(t *testing.T) {
	log := new(bytes.Buffer)
	got, err := config.Load(filepath.Join(top, "etc", "petcam.yaml"), logger(log))
	if err != nil {
		t.Fatal(err)
	}
	if have, want := asJSON(t, got), asJSON(t, config.Default()); have != want {
		t.Errorf("got %s\nwant %s", have, want)
	}
	if log.Len() > 0 {
		t.Errorf("logged %s", log)
	}
}

func TestAFileThatIsNotThereIsAnErrorThatNamesIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "absent.yaml")
	_, err := config.Load(path, logger(new(bytes.Buffer)))
	want := path + ": cannot be read: No such file or directory; name another file with --config"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func refusal(path string) string {
	_, err := config.Load(path, logger(new(bytes.Buffer)))
	if err == nil {
		return "none"
	}
	return err.Error()
}

func TestNothingButAFileIsWaitedForOrRead(t *testing.T) {
	dir := t.TempDir()
	fifo, folder, loop := filepath.Join(dir, "fifo"), filepath.Join(dir, "folder"), filepath.Join(dir, "loop")
	if err := errors.Join(syscall.Mkfifo(fifo, 0o600), os.Mkdir(folder, 0o700), os.Symlink(loop, loop)); err != nil {
		t.Fatal(err)
	}
	for path, words := range map[string]string{
		fifo:        "Not a regular file",
		"/dev/zero": "Not a regular file",
		folder:      "Is a directory",
		loop:        "Too many levels of symbolic links",
	} {
		want := path + ": cannot be read: " + words + "; name another file with --config"
		if got := refusal(path); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestOfAFileWithoutEndOnlyTheBeginningIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "petcam.yaml")
	if err := errors.Join(os.WriteFile(path, nil, 0o600), os.Truncate(path, 1<<40)); err != nil {
		t.Fatal(err)
	}
	if got, want := refusal(path), path+": is over 64 KiB"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestDeepNestingIsRefusedAndNotFollowed(t *testing.T) {
	for _, text := range []string{strings.Repeat("[", 60_000), strings.Repeat("{a: ", 16_000), strings.Repeat("- ", 32_000)} {
		_, _, err := config.Parse([]byte(text), "petcam.yaml")
		if err == nil || !strings.Contains(err.Error(), "is nested more than 20 levels deep") {
			t.Errorf("got %v for %.10s...", err, text)
		}
	}
}

func TestWithoutTheDefaultFileEveryKeyHasItsDefault(t *testing.T) {
	if _, err := os.Stat(config.DefaultPath); err == nil {
		t.Skip("petcam is installed on this machine")
	}
	log := new(bytes.Buffer)
	got, err := config.Load("", logger(log))
	if err != nil || asJSON(t, got) != asJSON(t, config.Default()) {
		t.Errorf("got %+v, %v", got, err)
	}
	if !strings.Contains(log.String(), config.DefaultPath+" does not exist; every key has its default") {
		t.Errorf("logged %q", log)
	}
}

func TestUnknownKeysAreLogged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "petcam.yaml")
	if err := os.WriteFile(path, []byte("web: {colour: red}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	log := new(bytes.Buffer)
	if _, err := config.Load(path, logger(log)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "unknown key web.colour is ignored") {
		t.Errorf("logged %q", log)
	}
}

func TestAFileThatIsNotTextIsAnErrorThatNamesTheByte(t *testing.T) {
	_, _, err := config.Parse([]byte("web: {host: caf\xe9}\n"), "petcam.yaml")
	if want := "petcam.yaml: is not UTF-8 text (byte 15)"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("web: {host: 127.0.0.1, port: 1, threads: 256}\nx: [1, 2.5, yes, ~, 2026-11-23]\n"))
	f.Add([]byte("webrtc: {ice_servers: &a [*a]}\n"))
	f.Add([]byte("a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nweb: *c\n"))
	f.Add([]byte("web: {<<: {port: 0_}, host: !!int a}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, _, err := config.Parse(text, "petcam.yaml"); err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("the error has more than one line: %q", err)
		}
	})
}

func logger(to *bytes.Buffer) *slog.Logger { return slog.New(slog.NewTextHandler(to, nil)) }
