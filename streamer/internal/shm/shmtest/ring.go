package shmtest

import (
	"encoding/binary"
	"os"
	"sync/atomic"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/shm"
)

// Ring is the capture daemon of an RDK X5 board: it writes its H.264 ring without locks. Its methods are for one
// goroutine at a time.
type Ring struct {
	Early bool   // raise the count before the copy, as older daemons do
	N     uint64 // writes so far

	path   string
	memory []byte
}

// NewRing opens the ring of that name or makes it, as the daemons do, until the test ends.
func NewRing(t testing.TB, name string) *Ring {
	t.Helper()
	ring, err := CreateRing(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Munmap(ring.memory); _ = os.Remove(ring.path) })
	return ring
}

// CreateRing is NewRing without a test.
func CreateRing(name string) (*Ring, error) {
	path := shm.Directory + name
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	if err := file.Truncate(shm.RDKSize); err != nil {
		return nil, err
	}
	memory, err := unix.Mmap(int(file.Fd()), 0, shm.RDKSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	return &Ring{path: path, memory: memory}, err
}

// Write writes the next frame. A CaptureNS of 0 is now.
func (r *Ring) Write(unit h264.AccessUnit) {
	if r.Early {
		r.Raise()
		r.Copy(r.N-1, unit)
		return
	}
	r.Copy(r.N, unit)
	r.Raise()
}

// Raise raises the count of writes.
func (r *Ring) Raise() {
	r.N++
	atomic.StoreUint32((*uint32)(unsafe.Pointer(&r.memory[0])), uint32(r.N))
}

// Copy writes a frame into record n's slot.
func (r *Ring) Copy(n uint64, unit h264.AccessUnit) {
	if unit.CaptureNS == 0 {
		unit.CaptureNS = shm.Now()
	}
	slot := r.Slot(n)
	EncodeRDKFrame(slot, unit)
	copy(slot[shm.RDKOffsetData:], unit.Data)
}

// EncodeRDKFrame makes what stands before a frame's data.
func EncodeRDKFrame(slot []byte, unit h264.AccessUnit) {
	u32 := func(offset int, value uint32) { binary.LittleEndian.PutUint32(slot[offset:], value) }
	u64 := func(offset int, value uint64) { binary.LittleEndian.PutUint64(slot[offset:], value) }
	u64(shm.RDKOffsetFrameNumber, unit.FrameNumber)
	u64(shm.RDKOffsetSeconds, unit.CaptureNS/1e9)
	u64(shm.RDKOffsetNanoseconds, unit.CaptureNS%1e9)
	u32(shm.RDKOffsetWidth, uint32(unit.Width))
	u32(shm.RDKOffsetHeight, uint32(unit.Height))
	u32(shm.RDKOffsetFormat, shm.RDKFormatH264)
	u64(shm.RDKOffsetDataSize, uint64(len(unit.Data)))
}

// Slot is where record n lies, for tests that spoil it.
func (r *Ring) Slot(n uint64) []byte { return r.memory[shm.RDKSlotOffset(n):][:shm.RDKFrameSize] }

// Path is the ring's file.
func (r *Ring) Path() string { return r.path }
