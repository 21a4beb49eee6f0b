package page

import (
	"bytes"
	"testing"
)

func TestEachPartIsWrittenAsItsKindSays(t *testing.T) {
	b := read(t, "petcam")
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

func TestWhatARequestGivesComesBeforeWhatIsOfAllPages(t *testing.T) {
	b := read(t, `M<"&'>`)
	if got, want := string(b.Render("p", "ja", Values{})), "アgo('/static/"+b.static.version+"')"; got != want {
		t.Errorf("%s, not %s", got, want)
	}
	got := string(b.Render("p", "ja", Values{Texts: map[string]string{"inlined.script": "mine"}}))
	if got != "アmine" {
		t.Error(got)
	}
	w := writer{bundle: b, language: "en"}
	w.write([]part{{kind: escaped, text: "camera_name"}}, nil)
	if got := w.out.String(); got != "M&lt;&#34;&amp;&#39;&gt;" {
		t.Error(got)
	}
}

func TestEachPageOfEachLanguageIsWhole(t *testing.T) {
	b := opened(t, "petcam")
	for name := range b.pages {
		for _, language := range b.Languages() {
			page := b.Render(name, language, Values{})
			begins := bytes.HasPrefix(page, []byte("<!doctype html>\n<html lang=\""+language+"\""))
			if !begins || !bytes.HasSuffix(page, []byte("</html>")) {
				t.Errorf("%s, %s: %s", name, language, page)
			}
		}
	}
}

func BenchmarkRender(b *testing.B) {
	bundle := opened(b, "petcam")
	values := Values{Texts: map[string]string{"may_change": "1", "camera.on": "1", "webrtc_config": "{}", "films": "1"}}
	b.ReportAllocs()
	for b.Loop() {
		bundle.Render("index", "ja", values)
	}
}
