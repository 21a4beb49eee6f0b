package page

import (
	"bytes"
	"strings"
)

// Values are what a request gives a page: texts by the names of docs/page-bundle.md, where what is missing or empty is not
// set, and rows of lists, whose names begin with "@".
type Values struct {
	Texts map[string]string
	Lists map[string][]map[string]string
}

// escaper writes a text as markupsafe does, which Jinja has.
var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "'", "&#39;", `"`, "&#34;")

// Render makes the page in a language of the bundle's. Both must be in it.
func (b *Bundle) Render(name, language string, values Values) []byte {
	w := writer{bundle: b, language: language, values: values}
	w.write(b.pages[name][language], nil)
	return w.out.Bytes()
}

type writer struct {
	bundle   *Bundle
	language string
	values   Values
	out      bytes.Buffer
}

func (w *writer) write(parts []part, row map[string]string) {
	value := func(name string) string { return w.value(name, row) }
	for at := range parts {
		p := &parts[at]
		switch p.kind {
		case asItIs:
			w.out.WriteString(p.text)
		case escaped:
			_, _ = escaper.WriteString(&w.out, value(p.text))
		case raw:
			w.out.WriteString(value(p.text))
		case say:
			_, _ = escaper.WriteString(&w.out, w.bundle.Text(w.language, value(p.text), nil))
		case choice:
			if p.condition.holds(value) {
				w.write(p.then, row)
			} else {
				w.write(p.otherwise, row)
			}
		case each:
			for _, row := range w.values.Lists[p.text] {
				w.write(p.then, row)
			}
		}
	}
}

func (w *writer) value(name string, row map[string]string) string {
	if strings.HasPrefix(name, "@") {
		return row[name]
	}
	if text, is := w.values.Texts[name]; is {
		return text
	}
	return w.bundle.constants[name]
}
