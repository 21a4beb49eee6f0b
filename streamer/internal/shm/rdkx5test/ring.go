// Package rdkx5test is the capture daemon of an RDK X5 board for tests: it writes the H.264 ring that rdkx5 reads.
package rdkx5test

import (
	"encoding/binary"
	"os"
	"sync/atomic"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/rdkx5"
)

// Ring writes a ring without locks, as the daemons do. Its methods are for one goroutine at a time.
type Ring struct {
	CountFirst bool   // raise the count before the copy, as older daemons do
	Written    uint64 // frames so far

	path   string
	memory []byte
}

// New opens the ring of that name or makes it, as the daemons do, until the test ends.
func New(t testing.TB, name string) *Ring {
	t.Helper()
	ring, err := Create(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(ring.memory); _ = os.Remove(ring.path) })
	return ring
}

// Create is New without a test.
func Create(name string) (*Ring, error) {
	path := shm.Directory + name
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	if err := file.Truncate(rdkx5.Size); err != nil {
		return nil, err
	}
	memory, err := unix.Mmap(int(file.Fd()), 0, rdkx5.Size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	return &Ring{path: path, memory: memory}, err
}

// Write writes the next frame. A CaptureNS of 0 is now.
func (r *Ring) Write(unit h264.AccessUnit) {
	if r.CountFirst {
		r.RaiseCount()
		r.Copy(r.Written-1, unit)
		return
	}
	r.Copy(r.Written, unit)
	r.RaiseCount()
}

// RaiseCount raises the count of writes.
func (r *Ring) RaiseCount() {
	r.Written++
	atomic.StoreUint32((*uint32)(unsafe.Pointer(&r.memory[0])), uint32(r.Written))
}

// Copy writes a frame into record n's slot, without raising the count.
func (r *Ring) Copy(n uint64, unit h264.AccessUnit) {
	if unit.CaptureNS == 0 {
		unit.CaptureNS = shm.Now()
	}
	slot := r.Slot(n)
	EncodeHeader(slot, unit)
	copy(slot[rdkx5.OffsetData:], unit.Data)
}

// EncodeHeader writes what stands before a frame's data.
func EncodeHeader(slot []byte, unit h264.AccessUnit) {
	u32 := func(offset int, value uint32) { binary.LittleEndian.PutUint32(slot[offset:], value) }
	u64 := func(offset int, value uint64) { binary.LittleEndian.PutUint64(slot[offset:], value) }
	u64(rdkx5.OffsetFrameNumber, unit.FrameNumber)
	u64(rdkx5.OffsetSeconds, unit.CaptureNS/1e9)
	u64(rdkx5.OffsetNanoseconds, unit.CaptureNS%1e9)
	u32(rdkx5.OffsetWidth, uint32(unit.Width))
	u32(rdkx5.OffsetHeight, uint32(unit.Height))
	u32(rdkx5.OffsetFormat, rdkx5.FormatH264)
	u64(rdkx5.OffsetDataSize, uint64(len(unit.Data)))
}

// Slot is where record n lies, for tests that spoil it.
func (r *Ring) Slot(n uint64) []byte { return r.memory[rdkx5.SlotOffset(n):][:rdkx5.FrameSize] }

// Path is the ring's file.
func (r *Ring) Path() string { return r.path }
