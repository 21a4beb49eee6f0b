package library

import (
	"encoding/binary"
	"errors"
	"io"
)

// maxBoxes are looked at on one level; petcam's own files have five at most.
const maxBoxes = 64

// span is where the content of a box begins in the file, and ends.
type span struct{ start, end int64 }

func (s span) len() int64 { return s.end - s.start }

// boxFile reads an MP4: only the headers of its boxes, and so much of them as is asked for. The first error of the disk
// stays; from then on all is empty.
type boxFile struct {
	file io.ReaderAt
	of   number
	size int64
	err  error
}

// number tells a file from others that are there at the same time.
type number struct{ device, inode uint64 }

// at reads so many bytes, or fewer where the file ends.
func (f *boxFile) at(offset int64, count int) []byte {
	if f.err != nil || offset < 0 {
		return nil
	}
	b := make([]byte, count)
	n, err := f.file.ReadAt(b, offset)
	if err != nil && !errors.Is(err, io.EOF) {
		f.err = err
		return nil
	}
	return b[:n]
}

// whole reads so many bytes; nil where the file ends before.
func (f *boxFile) whole(offset int64, count int) []byte {
	if b := f.at(offset, count); len(b) == count {
		return b
	}
	return nil
}

func (f *boxFile) all() span { return span{0, f.size} }

// find is the content of the first box of the first type of the path, in it of the next, and so on.
func (f *boxFile) find(within span, path ...string) (span, bool) {
	for _, wanted := range path {
		found := false
		f.each(within, wanted, func(content span) bool {
			within, found = content, true
			return false
		})
		if !found {
			return span{}, false
		}
	}
	return within, true
}

// each calls next with the contents of the boxes of this type until it says false.
func (f *boxFile) each(within span, wanted string, next func(content span) bool) {
	at := within.start
	for range maxBoxes {
		header := f.at(at, 16)
		if at >= within.end || len(header) < 8 {
			return
		}
		size, content := uint64(binary.BigEndian.Uint32(header)), int64(8)
		if size == 1 && len(header) == 16 {
			size, content = binary.BigEndian.Uint64(header[8:]), 16
		}
		if size < uint64(content) || size > uint64(within.end-at) {
			return
		}
		end := at + int64(size)
		if string(header[4:8]) == wanted && !next(span{at + content, end}) {
			return
		}
		at = end
	}
}
