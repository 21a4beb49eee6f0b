// Package recordings is the routes for recordings on disk: list, days, play and download, boxes, pin, delete.
// petcam/web/recordings is the same in Python, but for thumbnails, which need a decoder. It imports apierror, library, page
// and site.
package recordings

import (
	"net/http"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/library"
	"petcam/streamer/internal/page"
	"petcam/streamer/internal/site"
)

// Options are what the routes work with.
type Options struct {
	Directory *library.Directory
	Camera    string        // its name; empty: it has none of its own
	Missing   func() string // what is wrong where the disk of the recordings is not there; empty: it is
}

// maxBoxesAtOnce bounds the memory of boxes in the making: 4 MiB of samples are up to 25 MiB until they are text.
const maxBoxesAtOnce = 2

// Recordings are the routes.
type Recordings struct {
	making    chan struct{} // what makes boxes is in it
	directory *library.Directory
	downloads Downloads
	missing   func() string
	now       func() time.Time
}

// New makes the routes.
func New(options Options) *Recordings {
	return &Recordings{
		making: make(chan struct{}, maxBoxesAtOnce), directory: options.Directory, downloads: NewDownloads(options.Camera), missing: options.Missing, now: time.Now,
	}
}

// Routes are all of them.
func (s *Recordings) Routes() []site.Route {
	const api = "/api/recordings"
	return []site.Route{
		{Method: "GET", Path: "/recordings", Marks: site.Page, Handle: showPage},
		{Method: "GET", Path: api, Handle: s.list},
		{Method: "GET", Path: api + "/days", Handle: s.days},
		{Method: "POST", Path: api + "/delete", Handle: s.ofMany((*library.Directory).DeleteAll)},
		{Method: "POST", Path: api + "/pin", Handle: s.ofMany((*library.Directory).PinAll)},
		{Method: "POST", Path: api + "/unpin", Handle: s.ofMany((*library.Directory).UnpinAll)},
		{Method: "GET", Path: api + "/<name>", Handle: s.play},
		{Method: "DELETE", Path: api + "/<name>", Handle: s.ofOne((*library.Directory).Delete)},
		{Method: "GET", Path: api + "/<name>/boxes", Handle: s.boxes},
		{Method: "PUT", Path: api + "/<name>/pin", Handle: s.ofOne((*library.Directory).Pin)},
		{Method: "DELETE", Path: api + "/<name>/pin", Handle: s.ofOne((*library.Directory).Unpin)},
	}
}

// requireDisk fails with NoDisk: what the folder of a missing disk holds is none of the recordings, and an empty list would
// say that there are none.
func (s *Recordings) requireDisk() error {
	if missing := s.missing(); missing != "" {
		return apierror.New(apierror.NoDisk, "%s", missing)
	}
	return nil
}

// showPage hides what changes something where the visitor may not.
func showPage(w http.ResponseWriter, r *site.Request) error {
	r.Page(w, http.StatusOK, "recordings", page.Values{}, false)
	return nil
}

// list has the newest first: at most "limit", those older than "before", of the days and kind that are asked for.
func (s *Recordings) list(w http.ResponseWriter, r *site.Request) error {
	limit, err := r.WholeNumber("limit", 1, MaxLimit, DefaultLimit)
	if err != nil {
		return err
	}
	wanted, err := Wanted(r.LookupArg)
	if err != nil {
		return err
	}
	if err := s.requireDisk(); err != nil {
		return err
	}
	page, err := s.directory.Page(int(limit), r.Arg("before"), wanted)
	if err != nil {
		return err
	}
	site.WriteJSON(w, http.StatusOK, List(page, false))
	return nil
}

// days says how many there are of each day.
func (s *Recordings) days(w http.ResponseWriter, r *site.Request) error {
	wanted, err := Wanted(r.LookupArg)
	if err != nil {
		return err
	}
	if err := s.requireDisk(); err != nil {
		return err
	}
	days, totals, err := s.directory.Days(wanted)
	if err != nil {
		return err
	}
	body, etag := Days(days, s.now().Format(time.DateOnly), totals, false)
	w.Header().Set("ETag", `"`+etag+`"`)
	status := Condition(r.Header, etag)
	if status == http.StatusNotModified {
		w.WriteHeader(status)
		return nil
	}
	site.WriteJSON(w, status, body)
	return nil
}

// ofMany says which were changed, and of the others why not.
func (s *Recordings) ofMany(change func(*library.Directory, []string) (library.Failures, error)) site.Handler {
	return func(w http.ResponseWriter, r *site.Request) error {
		object, err := r.JSONObject(MaxNamesBytes)
		if err != nil {
			return err
		}
		names, err := Names(object)
		if err != nil {
			return err
		}
		if err := s.requireDisk(); err != nil {
			return err
		}
		failures, err := change(s.directory, names)
		if err != nil {
			return err
		}
		site.WriteJSON(w, http.StatusOK, Changed(names, failures))
		return nil
	}
}

func (s *Recordings) ofOne(change func(*library.Directory, string) error) site.Handler {
	return func(w http.ResponseWriter, r *site.Request) error {
		if err := change(s.directory, r.Param("name")); err != nil {
			return err
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8") // as petcam-web's framework has it
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
}

// boxes has those of the frames "from" a time up to before another, "to", both in seconds.
func (s *Recordings) boxes(w http.ResponseWriter, r *site.Request) error {
	begin, err := r.Number("from", 0, MaxSeconds, 0)
	if err != nil {
		return err
	}
	end, err := r.Number("to", 0, MaxSeconds, MaxSeconds)
	if err != nil {
		return err
	}
	body, err := s.boxesBody(r, Ticks(begin), Ticks(end))
	if err != nil {
		return err
	}
	site.WriteJSON(w, http.StatusOK, body)
	return nil
}

// boxesBody waits while others are made.
func (s *Recordings) boxesBody(r *site.Request, begin, end int64) ([]byte, error) {
	select {
	case s.making <- struct{}{}:
		defer func() { <-s.making }()
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	part, err := s.directory.Boxes(r.Param("name"), begin, end)
	if err != nil {
		return nil, err
	}
	return Boxes(part), nil
}
