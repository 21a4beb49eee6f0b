package mp4

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// What Recover found instead of a recording to finish.
var (
	ErrForeign = errors.New("mp4: not a file that this program began")
	ErrEmpty   = errors.New("mp4: no whole sample")
)

// Recovered describes a file that Recover finished or found finished.
type Recovered struct {
	Start    time.Time     // wall clock at the first frame's capture, to the second
	Duration time.Duration // to the end of the last frame
	Samples  int           // of the video
	Size     int64         // bytes
}

// maxHead bounds what is read as the head of a growing file: parameter sets are at most some hundred bytes.
const maxHead = 64 << 10

// Recover finishes what a crash left, by the steps R1 to R5 of docs/recordings.md; size is the file's.
func Recover(file File, size int64) (Recovered, error) {
	in := &pageReader{file: file, size: size}
	kind, head, err := readHead(in)
	if err != nil {
		return Recovered{}, err
	}
	if kind == "mdat" {
		return readFinished(in, ftypSize+head)
	}
	w, err := reopen(in, head)
	if err != nil {
		return Recovered{}, err
	}
	if err := file.Truncate(w.Size()); err != nil {
		return Recovered{}, fmt.Errorf("mp4: recover: %w", err)
	}
	if size, err = w.Finish(); err != nil {
		return Recovered{}, err
	}
	return Recovered{w.movie.start(), w.Duration(), w.Samples(), size}, nil
}

// readHead returns type and size of the box behind ftyp (R1).
func readHead(in *pageReader) (kind string, size int64, err error) {
	var ftyp boxes
	appendFtyp(&ftyp)
	b, err := in.at(0, ftypSize+16)
	if err != nil {
		return "", 0, err
	}
	if b == nil {
		return "", 0, ErrEmpty // cut within its first bytes, or never written
	}
	kind = string(b[ftypSize+4 : ftypSize+8])
	size = int64(binary.BigEndian.Uint32(b[ftypSize:]))
	if size == 1 {
		size = int64(binary.BigEndian.Uint64(b[ftypSize+8:]))
	}
	if string(b[:ftypSize]) != string(ftyp.b) || kind != "moov" && kind != "mdat" || size < 16 {
		return "", 0, ErrForeign
	}
	return kind, size, nil
}

// maxTable bounds what is read as the table of a finished file: a day of 60 frames/s with sound has 156 MB.
const maxTable = 192 << 20

// readFinished describes a file whose table lies at offset (R2).
func readFinished(in *pageReader, offset int64) (Recovered, error) {
	if offset < 0 || offset > in.size || in.size-offset > maxTable {
		return Recovered{}, ErrForeign
	}
	moov := make([]byte, in.size-offset)
	if _, err := in.file.ReadAt(moov, offset); err != nil && err != io.EOF {
		return Recovered{}, fmt.Errorf("mp4: recover: %w", err)
	}
	content := find(moov, "moov")
	m, ok := parseMovie(content)
	counts := find(content, "trak", "mdia", "minf", "stbl", "stsz")
	if !ok || len(content)+8 != len(moov) || len(counts) < 12 {
		return Recovered{}, ErrForeign
	}
	ticks := binary.BigEndian.Uint64(find(content, "trak", "tkhd")[28:])
	return Recovered{m.start(), ticksDuration(ticks), int(binary.BigEndian.Uint32(counts[8:])), in.size}, nil
}

// reopen returns a Writer that stands behind the last whole sample (R3, R4).
func reopen(in *pageReader, head int64) (*Writer, error) {
	if head > maxHead {
		return nil, ErrForeign
	}
	moov, err := in.at(ftypSize, int(head))
	if err != nil {
		return nil, err
	}
	if moov == nil {
		return nil, ErrEmpty
	}
	m, ok := parseMovie(moov[8:])
	if !ok {
		return nil, ErrForeign
	}
	w := &Writer{file: in.file, movie: m, first: ftypSize + head}
	for {
		f, ok, err := nextFragment(in, w)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		w.tables.add(f)
	}
	if w.Samples() == 0 {
		return nil, ErrEmpty
	}
	return w, nil
}

// nextFragment reads the fragment behind the last good one; ok is false where there is none, or not a whole one.
func nextFragment(in *pageReader, w *Writer) (f fragment, ok bool, err error) {
	offset := w.Size()
	b, err := in.at(offset, fragmentHeader)
	if err != nil {
		return fragment{}, false, err
	}
	f, ok = parseFragment(b)
	if !ok || f.sequence != w.tables.nextSequence() {
		return fragment{}, false, nil
	}
	switch at := offset + fragmentHeader; {
	case f.track == videoID && w.tables.video.mayFollow(f.at):
		ok, err = wholeSample(in, at, int64(f.size))
	case f.track == metadataID && w.movie.hasMetadata && w.tables.mayAddMetadata(f.at, int(f.size)):
		ok, err = wholeMetadata(in, at, int(f.size))
	case f.track == soundID && w.movie.hasSound() && w.tables.maySoundFollow(f):
		ok, err = wholeSound(in, at, f)
	default:
		ok = false
	}
	return f, ok, err
}

// wholeSample says whether the NAL units at offset fill size bytes exactly. A page that never reached the disk reads as
// zeros.
func wholeSample(in *pageReader, offset, size int64) (bool, error) {
	end := offset + size
	if end > in.size {
		return false, nil
	}
	for offset < end {
		b, err := in.at(offset, 5)
		if b == nil {
			return false, err
		}
		length := int64(binary.BigEndian.Uint32(b))
		if length == 0 || b[4] == 0 {
			return false, nil
		}
		offset += 4 + length
	}
	return offset == end && size > 0, nil
}

// pageReader reads a file of size bytes in pages: the headers of small samples lie close together.
type pageReader struct {
	file   File
	size   int64
	offset int64 // of page in the file
	page   []byte
}

const pageSize = 4096

// at returns n bytes at offset, valid until the next call; nil where the file ends before.
func (w *pageReader) at(offset int64, n int) ([]byte, error) {
	if offset+int64(n) > w.size {
		return nil, nil
	}
	if offset < w.offset || offset+int64(n) > w.offset+int64(len(w.page)) {
		if err := w.load(offset, n); err != nil {
			return nil, err
		}
	}
	start := offset - w.offset
	return w.page[start : start+int64(n)], nil
}

func (w *pageReader) load(offset int64, n int) error {
	length := min(max(int64(n), pageSize), w.size-offset)
	w.page = append(w.page[:0], make([]byte, length)...)
	w.offset = offset
	if _, err := w.file.ReadAt(w.page, offset); err != nil {
		w.page = w.page[:0]
		return fmt.Errorf("mp4: recover: %w", err)
	}
	return nil
}
