package site

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"sync"

	"petcam/streamer/internal/page"
	"petcam/streamer/internal/remedy"
)

// gzipLevel is that of pages; those of static files are compressed when the program is built.
const gzipLevel = 6

// maxCompressors bounds the memory for compressing: each has 800 KiB while it is used.
const maxCompressors = 2

// compressor compresses pages. Nothing that a stranger could choose is in a page beside what is secret in it, and an
// offer's token is another one in each page, so what a page is compressed to tells nothing of it.
type compressor struct {
	places  chan struct{}
	writers sync.Pool // they go when nobody opens a page
}

func newCompressor() *compressor { return &compressor{places: make(chan struct{}, maxCompressors)} }

func (c *compressor) compressed(body []byte) []byte {
	c.places <- struct{}{}
	defer func() { <-c.places }()
	var out bytes.Buffer
	writer, is := c.writers.Get().(*gzip.Writer)
	if is {
		writer.Reset(&out)
	} else {
		writer, _ = gzip.NewWriterLevel(&out, gzipLevel) // the level is one of those that there are
	}
	_, _ = writer.Write(body) // a buffer takes all
	_ = writer.Close()
	c.writers.Put(writer)
	return out.Bytes()
}

// Page answers with a page. Its values get what all pages have: the language's links, whether the visitor may change
// something, the microphone's and the camera's state.
func (r *Request) Page(w http.ResponseWriter, status int, name string, values page.Values, compressed bool) {
	texts := map[string]string{"root": r.Root, "may_change": set(r.IsOwner())}
	s := r.site
	texts["camera.on"] = set(s.CameraOn == nil || s.CameraOn())
	if s.Microphone != nil {
		texts["microphone"] = s.Microphone()
	}
	r.languageLinks(texts)
	for each, text := range values.Texts {
		texts[each] = text
	}
	body := s.Bundle.Render(name, r.Language(), page.Values{Texts: texts, Lists: values.Lists})
	if compressed {
		w.Header().Set("Vary", "Accept-Encoding")
		if takesGzip(r.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			body = s.gzip.compressed(remedy.Here(body))
		}
	}
	writeBody(w, status, "text/html", body)
}
