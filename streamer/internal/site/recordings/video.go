package recordings

import (
	"net/http"
	"strconv"
	"time"
)

// Video is how the answer with an MP4 begins, and which bytes of the file follow.
type Video struct {
	Status int
	Header http.Header
	// Offset and Length are of the part that is sent; a HEAD sends none, neither does a 304. A 416 is the error "Range not
	// satisfiable", with Header.
	Offset, Length int64
}

// AnswerVideo decides by a GET or HEAD of a file of that size and time of modification.
func AnswerVideo(method string, h http.Header, size int64, changed time.Time, disposition string) Video {
	etag := strconv.FormatInt(size, 16) + "-" + strconv.FormatInt(changed.UnixNano(), 16)
	v := Video{Status: Condition(h, etag), Length: size, Header: http.Header{
		"Content-Type":        {"video/mp4"},
		"Etag":                {`"` + etag + `"`},
		"Accept-Ranges":       {"bytes"},
		"Content-Disposition": {disposition},
	}}
	if v.Status == http.StatusNotModified {
		v.Length = 0
		v.Header.Del("Content-Type")
		return v
	}
	if v.Status == http.StatusOK && method == http.MethodGet && mayBePart(h, etag) {
		text, _ := header(h, "Range")
		switch of, kind := requestedRange(text, size); kind {
		case part:
			v.Status, v.Offset, v.Length = http.StatusPartialContent, of.first, of.last-of.first+1
			v.Header.Set("Content-Range", "bytes "+decimal(of.first)+"-"+decimal(of.last)+"/"+decimal(size))
		case nothing:
			return Video{Status: http.StatusRequestedRangeNotSatisfiable,
				Header: http.Header{"Content-Range": {"bytes */" + decimal(size)}}}
		}
	}
	v.Header.Set("Content-Length", decimal(v.Length))
	return v
}

func decimal(number int64) string { return strconv.FormatInt(number, 10) }
