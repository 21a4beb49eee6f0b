package site

import (
	"net/http"
	"regexp"
)

// How long a browser keeps a static file: one of this version never changes; modules import each other by relative paths
// and so stay within it.
const (
	keepForGood = "public, max-age=31536000, immutable"
	revalidate  = "public, no-cache"
)

func (s *Site) static(w http.ResponseWriter, r *Request) error {
	file, forGood, err := s.Bundle.Static(r.Param("filename"))
	if err != nil {
		return err
	}
	if file == nil {
		return Abort(http.StatusNotFound)
	}
	h, tag := w.Header(), file.ETag
	h.Set("Cache-Control", revalidate)
	if forGood {
		h.Set("Cache-Control", keepForGood)
	}
	body := file.Stored()
	if file.Gzipped {
		h.Set("Vary", "Accept-Encoding")
		if takesGzip(r.Request) {
			h.Set("Content-Encoding", "gzip")
			tag += "-gzip"
		} else if body, err = file.Plain(); err != nil {
			return err
		}
	}
	h.Set("ETag", `"`+tag+`"`)
	switch status := r.Unmodified(tag); status {
	case http.StatusNotModified:
		h.Del("Content-Encoding")
		w.WriteHeader(status)
	default:
		writeBody(w, status, file.Type, body)
	}
	return nil
}

// Unmodified is 304 where the client has what tag stands for, 412 where it wants another, else 200.
func (r *Request) Unmodified(tag string) int {
	status := http.StatusOK
	if some := header(r.Request, "If-None-Match"); some != "" {
		if strong, weak, star := parseTags(some); star || strong[tag] || weak[tag] {
			status = http.StatusNotModified
		}
	}
	if strong, weak, star := parseTags(header(r.Request, "If-Match")); star || len(strong)+len(weak) > 0 {
		if !strong[tag] {
			return http.StatusPreconditionFailed
		}
		return http.StatusOK
	}
	return status
}

var tagPattern = regexp.MustCompile(`^([Ww]/)?(?:"(.*?)"|(.*?))(?:\s*,\s*|$)`)

// parseTags reads a header of ETags.
func parseTags(text string) (strong, weak map[string]bool, star bool) {
	strong, weak = map[string]bool{}, map[string]bool{}
	for text != "" {
		matched := tagPattern.FindStringSubmatch(text)
		if matched == nil || matched[3] == "*" {
			return map[string]bool{}, map[string]bool{}, matched != nil
		}
		tag := matched[2] + matched[3]
		if matched[1] != "" {
			weak[tag] = true
		} else {
			strong[tag] = true
		}
		text = text[len(matched[0]):]
	}
	return strong, weak, false
}
