package page

import (
	"bytes"
	"encoding/json"
	"os"
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

func TestPartsAreWrittenAsTheCasesSay(t *testing.T) {
	text, err := os.ReadFile("../../../tests/page-cases.json")
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Words map[string]string
		Cases []struct {
			Why, Page string
			Parts     []part
			Texts     map[string]string
			Lists     map[string][]map[string]string
		}
	}
	if err := json.Unmarshal(text, &read); err != nil || len(read.Cases) == 0 {
		t.Fatal(err, len(read.Cases))
	}
	for _, c := range read.Cases {
		b := &Bundle{
			words: map[string]map[string]string{"en": read.Words},
			pages: map[string]map[string][]part{"p": {"en": c.Parts}},
		}
		if got := string(b.Render("p", "en", Values{Texts: c.Texts, Lists: c.Lists})); got != c.Page {
			t.Errorf("%s: %s, not %s", c.Why, got, c.Page)
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
