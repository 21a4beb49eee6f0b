package page

import (
	"regexp"
	"strings"
)

// NeedsPython is the key of what a page says where only petcam-web has what was asked for.
const NeedsPython = "refusals.needs_python"

var placeForValue = regexp.MustCompile(`\{\w+\}`)

// Languages are the tags of those that there are.
func (b *Bundle) Languages() []string { return b.languages }

// Best is the language of the first of tags ("en-GB") that there is; empty where there is none of them.
func (b *Bundle) Best(tags ...string) string {
	for _, tag := range tags {
		lower := strings.ToLower(tag)
		if found := b.byTag[lower]; found != "" {
			return found
		}
		first, _, _ := strings.Cut(lower, "-")
		if found := b.byTag[first]; found != "" {
			return found
		}
	}
	return ""
}

// Has tells whether there is a text of that key, "section.key", among those that the bundle has.
func (b *Bundle) Has(key string) bool {
	_, has := b.words[b.languages[0]][key]
	return has
}

// Text is the text of key, with values for its places.
func (b *Bundle) Text(language, key string, values map[string]string) string {
	return placeForValue.ReplaceAllStringFunc(b.words[language][key], func(place string) string {
		if value, is := values[place[1:len(place)-1]]; is {
			return value
		}
		return place
	})
}
