package page

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"
)

func TestWithoutABundleIsSaid(t *testing.T) {
	for name, files := range map[string]fstest.MapFS{
		"nothing": {}, "no index": {"README": {Data: []byte("x")}, "static/a.css": {Data: []byte("a{}")}},
	} {
		if _, err := Read(files, "petcam"); !errors.Is(err, ErrNotBuilt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestADamagedBundleIsRefused(t *testing.T) {
	files := filesOf(t, fixture)
	packed := files["index.json.gz"].Data
	for name, data := range map[string][]byte{
		"empty": {}, "no gzip": []byte(fixture), "half": packed[:len(packed)/2], "without its end": packed[:len(packed)-1],
	} {
		files["index.json.gz"] = &fstest.MapFile{Data: data}
		_, err := Read(files, "petcam")
		if err == nil || errors.Is(err, ErrNotBuilt) || !strings.Contains(err.Error(), "the pages cannot be unpacked") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsNoIndexIsRefused(t *testing.T) {
	for name, index := range map[string]string{
		"empty":                  "",
		"no object":              "[]",
		"its end missing":        fixture[:len(fixture)-1],
		"an older version":       changed(t, `"version": 1`, `"version": 0`),
		"a newer version":        `{"version": 2, "pages": "of another shape"}`,
		"no version":             changed(t, `"version": 1`, `"other": 1`),
		"no languages":           changed(t, `["en", "ja", "zh-TW"]`, `[]`),
		"no words of a language": changed(t, `"ja": {"trouble.a": "ア"}, `, ""),
		"no page in a language":  changed(t, `, "zh-TW": []`, ""),
		"a page that is null":    changed(t, `"zh-TW": []`, `"zh-TW": null`),
		"no static files":        `{"version": 1, "languages": [], "pages": {}}`,
	} {
		if _, err := Read(filesOf(t, index), "petcam"); err == nil {
			t.Errorf("%s: not refused", name)
		}
	}
	_, err := Read(filesOf(t, `{"version": 2}`), "petcam")
	if err == nil || !strings.Contains(err.Error(), "of version 2, and this program knows 1") {
		t.Error(err)
	}
}

func TestWhatIsNoPartOrConditionIsRefused(t *testing.T) {
	for _, part := range []string{
		`null`, `1`, `{}`, `[]`, `["text"]`, `["text", 1]`, `["text", "a", "b"]`, `["nothing", "a"]`, `[1, "a"]`,
		`["raw", []]`, `["each", "rows"]`, `["each", 1, []]`, `["each", "rows", [1]]`, `["each", "rows", "text"]`,
		`["if", ["set", "a"], []]`, `["if", ["set", "a"], [], [null]]`, `["if", null, [], []]`,
		`["if", true, [], []]`, `["if", [], [], []]`, `["if", ["set"], [], []]`, `["if", ["set", 1], [], []]`,
		`["if", ["is", "a"], [], []]`, `["if", ["is", "a", 1], [], []]`, `["if", ["not", "a"], [], []]`,
		`["if", ["not", ["set", "a"], ["set", "b"]], [], []]`, `["if", ["and", ["set", "a"]], [], []]`,
		`["if", ["or", ["set", "a"], null], [], []]`, `["if", ["has", "a"], [], []]`, `["if", [1, "a"], [], []]`,
	} {
		if _, err := Read(filesOf(t, changed(t, `["raw", "code"]`, part)), "petcam"); err == nil {
			t.Errorf("%s: not refused", part)
		}
	}
}

func TestThePolicyNamesWhatIsInThePage(t *testing.T) {
	empty := "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='" // of no bytes
	b := read(t, "petcam")
	want := "default-src 'self'; script-src 'self' " + hash("go('/static/"+b.static.version+"')") + " " + empty +
		"; style-src 'self' " + empty
	if b.Policy() != want {
		t.Errorf("%s, not %s", b.Policy(), want)
	}
}
