package page

import (
	"testing"
	"testing/fstest"
)

const fixture = `{"version": 1, "languages": ["en", "ja"],
 "words": {"en": {"trouble.a": "A <b> {n}"}, "ja": {"trouble.a": "ア"}},
 "pages": {"p": {"en": ["<p>", ["text", "next"], "</p>", ["raw", "code"],
   ["if", ["and", ["set", "a"], ["not", ["is", "b", "x"]]], ["yes"], [["if", ["or", ["set", "a"], ["set", "c"]], ["perhaps"], ["no"]]]],
   ["each", "rows", ["[", ["say", "@key"], ["if", ["set", "@command"], [" ", ["text", "@command"]], []], "]"]], ["text", "version"]], "ja": []}},
 "static": [{"name": "a.css", "type": "text/css", "etag": "0123456789abcdef", "gzipped": false, "counts": true}],
 "inlined": {"script": "go('@static-path@')", "old": "", "style": "", "icon": ""}, "manifest": "{\"name\":\"@camera-name@\"}"}`

func read(t *testing.T) *Bundle {
	t.Helper()
	b, err := Read(fstest.MapFS{"index.json": {Data: []byte(fixture)}, "static/a.css": {Data: []byte("a{}")}}, `Miké "x"`)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEachPartIsWrittenAsItsKindSays(t *testing.T) {
	b := read(t)
	for want, values := range map[string]map[string]string{
		"<p>&lt;a href=&#34;b&#39;&amp;</p><svg>no": {"next": `<a href="b'&`, "code": "<svg>"},
		"<p></p>yes":     {"a": "1"},
		"<p></p>perhaps": {"a": "1", "b": "x"},
	} {
		if got := string(b.Render("p", "en", Values{Texts: values})); got != want+b.static.version {
			t.Errorf("%s, not %s", got, want)
		}
	}
	rows := []map[string]string{{"@key": "trouble.a"}, {"@key": "trouble.a", "@command": "x>y"}}
	got := string(b.Render("p", "en", Values{Lists: map[string][]map[string]string{"rows": rows}}))
	if want := "<p></p>no[A &lt;b&gt; {n}][A &lt;b&gt; {n} x&gt;y]" + b.static.version; got != want {
		t.Errorf("%s, not %s", got, want)
	}
}
