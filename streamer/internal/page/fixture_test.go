package page

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"
)

const fixture = `{"version": 1, "languages": ["en", "ja", "zh-TW"],
 "words": {"en": {"trouble.a": "A <b> {n}", "page.b": "{n} of {m}"}, "ja": {"trouble.a": "ア"}, "zh-TW": {}},
 "pages": {"p": {"en": ["<p>", ["text", "next"], "</p>", ["raw", "code"],
   ["if", ["and", ["set", "a"], ["not", ["is", "b", "x"]]], ["yes"],
    [["if", ["or", ["set", "a"], ["set", "c"]], ["perhaps"], ["no"]]]],
   ["each", "rows",
    ["[", ["say", "@key"], ["if", ["set", "@command"], [" ", ["text", "@command"]], []], "]"]],
   ["text", "version"]], "ja": ["ア", ["raw", "inlined.script"]], "zh-TW": []}},
 "static": [{"name": "a.css", "type": "text/css", "etag": "0123456789abcdef", "gzipped": false, "counts": true},
  {"name": "lib/b.js", "type": "text/javascript", "etag": "1123456789abcdef", "gzipped": true, "counts": true},
  {"name": "manifest.webmanifest", "type": "application/manifest+json", "etag": "", "gzipped": false, "counts": true},
  {"name": "icons/c.png", "type": "image/png", "etag": "2123456789abcdef", "gzipped": false, "counts": false}],
 "inlined": {"script": "go('@static-path@')", "old": "", "style": "", "icon": ""},
 "manifest": "{\"name\":\"@camera-name@\",\"short_name\":\"@camera-name@\"}"}`

const module = "export const b = 1; export const b = 1; export const b = 1;"

// filesOf is a bundle of this index.
func filesOf(t *testing.T, index string) fstest.MapFS {
	t.Helper()
	pack := func(text string) *fstest.MapFile {
		packed, err := gzipped([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return &fstest.MapFile{Data: packed}
	}
	return fstest.MapFS{
		"index.json.gz":      pack(index),
		"static/a.css":       {Data: []byte("a{}")},
		"static/lib/b.js":    pack(module),
		"static/icons/c.png": {Data: []byte("png")},
	}
}

func read(t *testing.T, camera string) *Bundle {
	t.Helper()
	b, err := Read(filesOf(t, fixture), camera)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// opened is the bundle that this test was built with.
func opened(t testing.TB, camera string) *Bundle {
	t.Helper()
	b, err := Open(camera)
	if errors.Is(err, ErrNotBuilt) {
		t.Skip("built without pages: make setup")
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func changed(t *testing.T, old, new string) string {
	t.Helper()
	if strings.Count(fixture, old) == 0 {
		t.Fatalf("%s is not in the fixture", old)
	}
	return strings.ReplaceAll(fixture, old, new)
}
