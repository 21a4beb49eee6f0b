package page

import "testing"

func TestPlacesGetTheirValues(t *testing.T) {
	b := read(t, "petcam")
	for want, values := range map[string]map[string]string{
		"{n} of {m}": nil, "1 of {m}": {"n": "1"}, "<1> of {n}": {"n": "<1>", "m": "{n}", "other": "x"},
	} {
		if got := b.Text("en", "page.b", values); got != want {
			t.Errorf("%s, not %s", got, want)
		}
	}
	if got := b.Text("en", "page.nothing", nil); got != "" {
		t.Error(got)
	}
}

func TestThereAreTextsByTheirKeys(t *testing.T) {
	b := read(t, "petcam")
	if !b.Has("page.b") || b.Has("page.nothing") || b.Has("") {
		t.Error("page.b alone is there")
	}
	if b := opened(t, "petcam"); !b.Has(NeedsPython) {
		t.Error(NeedsPython)
	}
}

func TestTheBestLanguageIsTheFirstThatThereIs(t *testing.T) {
	b := read(t, "petcam")
	for _, c := range []struct {
		want string
		tags []string
	}{
		{"", nil},
		{"", []string{"", "fr", "*"}},
		{"en", []string{"fr", "en-GB", "ja"}},
		{"ja", []string{"JA-jp", "en"}},
		{"zh-TW", []string{"zh-tw"}},
		{"", []string{"zh", "zh-CN"}},
		{"en", []string{"zh-CN", "en"}},
	} {
		if got := b.Best(c.tags...); got != c.want {
			t.Errorf("%v: %q, not %q", c.tags, got, c.want)
		}
	}
}
