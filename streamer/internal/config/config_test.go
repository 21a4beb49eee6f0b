package config_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"petcam/streamer/internal/config"
)

const top = "../../.."

// testCase is a case of tests/config-cases.yaml, which says what its fields mean.
type testCase struct {
	Name     string
	YAML     string
	Error    string
	NotYAML  bool `yaml:"not_yaml"`
	Warnings []string
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
	got, warnings, err := config.Parse([]byte(c.YAML), "petcam.yaml")
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
	if !slices.Equal(warnings, c.Warnings) {
		t.Errorf("got warnings %q, want %q", warnings, c.Warnings)
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
