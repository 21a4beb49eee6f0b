package shmtest

import (
	"encoding/binary"
	"fmt"
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/shm"
)

// segmentFile is a segment that is written without a mapping.
type segmentFile struct {
	Next   uint64 // number of the next record
	path   string
	file   *os.File
	size   int64
	header func(epoch uint64) []byte
	news   uint32
}

func newSegmentFile(t testing.TB, name string, header func(epoch uint64) []byte, size int64) segmentFile {
	t.Helper()
	s := segmentFile{path: shm.Directory + name, size: size, header: header}
	if err := s.create(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.file.Close(); _ = os.Remove(s.path) })
	return s
}

func (s *segmentFile) create() (err error) {
	temporary := s.path + ".new"
	_ = os.Remove(temporary)
	if s.file, err = os.OpenFile(temporary, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600); err != nil {
		return err
	}
	if err := s.file.Truncate(s.size); err != nil {
		return err
	}
	if _, err := s.file.WriteAt(s.header(shm.Now()), 0); err != nil {
		return err
	}
	if err := s.file.Chmod(0o640); err != nil {
		return err
	}
	return os.Rename(temporary, s.path)
}

// Put64 writes a word of 64 bits, also where the contract forbids it.
func (s *segmentFile) Put64(offset int, value uint64) {
	s.Write(binary.LittleEndian.AppendUint64(nil, value), offset)
}

// Write writes bytes anywhere.
func (s *segmentFile) Write(b []byte, offset int) {
	if _, err := s.file.WriteAt(b, int64(offset)); err != nil {
		panic(fmt.Sprintf("shmtest: %v", err))
	}
}

// Truncate makes the segment shorter in place, which no writer must do.
func (s *segmentFile) Truncate(size int64) {
	if err := s.file.Truncate(size); err != nil {
		panic(fmt.Sprintf("shmtest: %v", err))
	}
}

// Replace makes a new segment under the name, as a writer does that starts again.
func (s *segmentFile) Replace(t testing.TB) {
	t.Helper()
	before := s.file
	if err := s.create(); err != nil {
		t.Fatal(err)
	}
	_ = before.Close()
	s.Next, s.news = 0, 0
}

// Leave takes the segment away as a writer does that stops cleanly.
func (s *segmentFile) Leave() { _ = os.Remove(s.path) }

// Path is the segment's file.
func (s *segmentFile) Path() string { return s.path }

// Wake is step W9. It is also how a writer's end is told.
func (s *segmentFile) Wake() {
	s.news++
	s.Write(binary.LittleEndian.AppendUint32(nil, s.news), shm.OffsetNews)
	page, err := unix.Mmap(int(s.file.Fd()), 0, shm.HeaderSize, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		panic(err)
	}
	wakeAll((*uint32)(unsafe.Pointer(&page[shm.OffsetNews])))
	_ = unix.Munmap(page)
}
