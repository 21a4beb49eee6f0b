package site

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// header is a header's text; several of one name are one, as in WSGI.
func header(r *http.Request, name string) string {
	return strings.Join(r.Header.Values(name), ", ")
}

// accepted is what a header such as Accept names, and how much it is wanted.
type accepted struct {
	name    string // with its parameters, where it has some
	quality float64
}

// accepts reads such a header as werkzeug does: the most wanted first, what is for all last, and nothing whose quality is
// none.
func accepts(header string) (all []accepted) {
	for _, item := range splitList(header) {
		name, parameters, _ := strings.Cut(item, ";")
		each, good := accepted{strings.Trim(name, " \t"), 1}, true
		for _, parameter := range splitOutsideQuotes(parameters, ';') {
			key, value, is := strings.Cut(strings.Trim(parameter, " \t"), "=")
			switch {
			case !is || key == "" || value == "":
			case strings.EqualFold(key, "q"):
				each.quality, good = quality(strings.Trim(value, `"`))
			default:
				each.name += "; " + strings.ToLower(key) + "=" + value
			}
		}
		if good {
			all = append(all, each)
		}
	}
	slices.SortStableFunc(all, func(a, b accepted) int {
		if (a.name == "*") != (b.name == "*") {
			return compare(a.name == "*") - compare(b.name == "*")
		}
		return compare(a.quality < b.quality) - compare(a.quality > b.quality)
	})
	return all
}

func compare(later bool) int {
	if later {
		return 1
	}
	return 0
}

// quality is a number from 0 to 1.
func quality(text string) (float64, bool) {
	text = strings.Trim(text, " \t")
	whole, part, hasPart := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	if !isDigits(whole) || hasPart && !isDigits(part) {
		return 0, false
	}
	number, err := strconv.ParseFloat(text, 64)
	return number, err == nil && number >= 0 && number <= 1
}

func isDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// splitList splits at commas that are not in quotes.
func splitList(text string) (all []string) {
	for _, item := range splitOutsideQuotes(text, ',') {
		item = strings.TrimSpace(item)
		if len(item) > 1 && item[0] == '"' && item[len(item)-1] == '"' {
			item = item[1 : len(item)-1]
		}
		if item != "" {
			all = append(all, item)
		}
	}
	return all
}

func splitOutsideQuotes(text string, at byte) (all []string) {
	begin, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch {
		case quoted && text[i] == '\\':
			i++
		case text[i] == '"':
			quoted = !quoted
		case text[i] == at && !quoted:
			all, begin = append(all, text[begin:i]), i+1
		}
	}
	return append(all, text[begin:])
}

// takesGzip tells whether an answer may be compressed.
func takesGzip(r *http.Request) bool {
	for _, each := range accepts(header(r, "Accept-Encoding")) {
		if each.name == "*" || strings.EqualFold(each.name, "gzip") {
			return each.quality > 0
		}
	}
	return false
}

// wantsHTML tells whether the request names HTML: browsers do for what a person opens, not for an <img> or a script.
func wantsHTML(r *http.Request) bool {
	return slices.ContainsFunc(accepts(header(r, "Accept")), func(each accepted) bool {
		return each.name == "text/html" && each.quality > 0
	})
}
