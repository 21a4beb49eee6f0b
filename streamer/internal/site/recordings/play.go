package recordings

import (
	"cmp"
	"io"
	"maps"
	"net/http"

	"petcam/streamer/internal/site"
)

// pieceBytes are read from the disk at once: so much has each client that takes a film, and there are no more of these than
// connections.
const pieceBytes = 16 << 10

// play sends the MP4, whole or one part of it. A client that pauses holds its connection, and is given a minute for a piece.
func (s *Recordings) play(w http.ResponseWriter, r *site.Request) error {
	name := r.Param("name")
	file, err := s.directory.OpenRecording(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it is only read
	info, err := file.Stat()
	if err != nil {
		return err
	}
	how := "inline"
	if _, keeps := r.LookupArg("download"); keeps {
		how = "attachment"
	}
	video := AnswerVideo(r.Method, r.Header, info.Size(), info.ModTime(), s.downloads.Disposition(how, name))
	if video.Status == http.StatusRequestedRangeNotSatisfiable {
		return &site.Plain{Status: video.Status, Header: video.Header}
	}
	maps.Copy(w.Header(), video.Header)
	w.WriteHeader(video.Status)
	if r.Method == http.MethodHead {
		return nil
	}
	return send(w, turnReader{r, io.NewSectionReader(file, video.Offset, video.Length)}, video.Length)
}

// send fails where the file cannot be read, or ends early. That the client has gone is no error: players leave at each jump.
func send(w io.Writer, file io.Reader, length int64) error {
	piece := make([]byte, min(pieceBytes, length))
	for length > 0 {
		n, err := io.ReadFull(file, piece[:min(length, int64(len(piece)))])
		if err != nil {
			return err
		}
		if _, err := w.Write(piece[:n]); err != nil {
			return nil //nolint:nilerr // there is nobody to tell
		}
		length -= int64(n)
	}
	return nil
}

// turnReader reads a file of the disk as often as it is the client's turn.
type turnReader struct {
	request *site.Request
	file    io.Reader
}

func (t turnReader) Read(p []byte) (n int, err error) {
	turnErr := t.request.FromDisk(func() error { n, err = t.file.Read(p); return nil })
	return n, cmp.Or(err, turnErr)
}
