package recordings

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

// header is a request's, as one text: of several lines what waitress makes of them. False: there is none.
func header(h http.Header, name string) (text string, given bool) {
	lines, given := h[http.CanonicalHeaderKey(name)]
	return strings.Join(lines, ", "), given && len(lines) > 0
}

// Condition is the status of an answer with this ETag, which has no quotes, to a GET or HEAD with these headers: 200, 304 or
// 412. If-Modified-Since and If-Unmodified-Since count for nothing, as no Last-Modified is sent.
//
// This is what werkzeug does, which petcam-web has: an If-Match says alone what holds, and "*" in it, which should match
// whatever is there, is never met.
func Condition(h http.Header, etag string) int {
	status := http.StatusOK
	noneMatch, _ := header(h, "If-None-Match")
	if tags := parseTags(noneMatch); tags.any && (tags.all || slices.Contains(tags.strong, etag) || slices.Contains(tags.weak, etag)) {
		status = http.StatusNotModified
	}
	match, _ := header(h, "If-Match")
	if tags := parseTags(match); tags.any {
		status = http.StatusPreconditionFailed
		if slices.Contains(tags.strong, etag) {
			status = http.StatusOK
		}
	}
	return status
}

// mayBePart says whether the answer may be the part that Range asks for: If-Range, where there is one, must be this ETag. A
// date never matches, since no Last-Modified is sent.
func mayBePart(h http.Header, etag string) bool {
	condition, given := header(h, "If-Range")
	return !given || isTag(condition, etag)
}

// isTag says whether a text is this very ETag, and no weak one.
func isTag(text, etag string) bool {
	if text == "" || strings.HasPrefix(text, "W/") || strings.HasPrefix(text, "w/") {
		return false
	}
	if text[0] == '"' && text[len(text)-1] == '"' {
		text = text[1:max(1, len(text)-1)]
	}
	return text == etag
}

// tags are a list of ETags.
type tags struct {
	any, all     bool // whether there are some, and whether it is "*"
	strong, weak []string
}

// tag is one of a list: weak or not, in quotes or, against the RFC, without.
var tag = regexp.MustCompile(`^[ \t]*([Ww]/)?(?:"([^"]*)"|([^" \t,]+))[ \t]*(?:,|\z)`)

func parseTags(text string) (t tags) {
	if text == "*" {
		return tags{any: true, all: true}
	}
	for text != "" {
		found := tag.FindStringSubmatch(text)
		if found == nil { // what it is ends with the next comma
			_, text, _ = strings.Cut(text, ",")
			continue
		}
		text = text[len(found[0]):]
		t.any = true
		if found[1] != "" {
			t.weak = append(t.weak, found[2]+found[3])
		} else {
			t.strong = append(t.strong, found[2]+found[3])
		}
	}
	return t
}
