// Package shmtest writes the segments for tests, by steps C1 to C5 and W1 to W9 of docs/shm-layout.md.
package shmtest

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/shm"
)

// Writer owns one segment. Its methods are for one goroutine at a time.
type Writer struct {
	path   string
	memory []byte

	next, first uint64
	placed      uint64                // bytes of the data area given out so far, padding included
	positions   [shm.SlotCount]uint64 // data_position of each record in its slot

	filled      [shm.SlotSize]byte // the slot being written; here, so that a record allocates nothing
	stopBeating func()
}

// New creates the segment, in place of one that has the name already, and stops the writer when the test ends. Give
// each test a name of its own, by Name.
func New(t testing.TB, name string) *Writer {
	t.Helper()
	w, err := Create(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	return w
}

// Name makes a segment's name that nobody else uses.
func Name(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("/petcam_test_%d_%d", os.Getpid(), time.Now().UnixNano())
	t.Cleanup(func() { _ = os.Remove(shm.Directory + name) })
	return name
}

// Create is New without a test.
func Create(name string) (*Writer, error) {
	w := &Writer{path: shm.Directory + name}
	if err := w.create(); err != nil {
		return nil, fmt.Errorf("create segment %s: %w", name, err)
	}
	w.beat()
	return w, nil
}

// create does steps C1 to C5.
func (w *Writer) create() error {
	temporary := w.path + ".new"
	_ = unix.Unlink(temporary)
	fd, err := unix.Open(temporary, unix.O_CREAT|unix.O_EXCL|unix.O_RDWR|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	if err := unix.Fallocate(fd, 0, 0, shm.SegmentSize); err != nil {
		return err
	}
	w.memory, err = unix.Mmap(fd, 0, shm.SegmentSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return err
	}
	copy(w.memory, Header(shm.Now()))
	binary.LittleEndian.PutUint64(w.memory[shm.OffsetHeartbeat:], shm.Now())
	if err := unix.Fchmod(fd, 0o640); err != nil {
		return err
	}
	return unix.Rename(temporary, w.path)
}

// Header makes bytes 0 to 127 of a segment.
func Header(epoch uint64) []byte {
	raw := make([]byte, shm.OffsetHeartbeat)
	u32 := func(offset int, value uint32) { binary.LittleEndian.PutUint32(raw[offset:], value) }
	u64 := func(offset int, value uint64) { binary.LittleEndian.PutUint64(raw[offset:], value) }
	copy(raw[shm.OffsetMagic:], shm.MagicStream)
	u32(shm.OffsetABIVersion, shm.ABIVersion)
	u32(shm.OffsetHeaderSize, shm.HeaderSize)
	u64(shm.OffsetSegmentSize, shm.SegmentSize)
	u32(shm.OffsetSlotCount, shm.SlotCount)
	u32(shm.OffsetSlotSize, shm.SlotSize)
	u64(shm.OffsetDataStart, shm.DataStart)
	u64(shm.OffsetDataCapacity, shm.DataCapacity)
	u64(shm.OffsetEpoch, epoch)
	u32(shm.OffsetWriterPID, uint32(os.Getpid()))
	copy(raw[shm.OffsetWriterName:][:shm.WriterNameSize], "shmtest")
	Seal(raw)
	return raw
}

// Seal puts the checksum of a header's first bytes right, after a test has changed some.
func Seal(header []byte) {
	crc := crc32.ChecksumIEEE(header[:shm.OffsetHeaderCRC])
	binary.LittleEndian.PutUint32(header[shm.OffsetHeaderCRC:], crc)
}

// Publish writes the next record and returns its number. Epoch and Record of unit are not looked at; a CaptureNS or
// PublishNS of 0 is now. It panics where the contract forbids the record (W1).
func (w *Writer) Publish(unit h264.AccessUnit) uint64 {
	w.Begin(unit)
	return w.Finish(unit)
}

// Begin does steps W1 to W5 of a record. A writer that is killed after it leaves a record half written. Go has no fence
// for W4: what a reader may then see out of order on ARM, its checksums find.
func (w *Writer) Begin(unit h264.AccessUnit) {
	if size := len(unit.Data); size < 1 || size > shm.MaxData {
		panic(fmt.Sprintf("shmtest: %d bytes do not fit", size))
	}
	position := w.place(uint64(len(unit.Data)))                                            // W2
	w.releaseUpTo(position + uint64(len(unit.Data)))                                       // W3
	atomic.StoreUint64(w.word64(w.slot()+shm.OffsetSequence), shm.WritingSequence(w.next)) // W4
	copy(w.memory[shm.DataOffset(position):], unit.Data)                                   // W5
	w.positions[w.next%shm.SlotCount] = position
}

// Finish does steps W6 to W9 of the record that Begin began with the same unit.
func (w *Writer) Finish(unit h264.AccessUnit) uint64 {
	n, slot := w.next, w.memory[w.slot():][:shm.SlotSize]
	w.fill(slot, unit)                                                              // W6
	atomic.StoreUint64(w.word64(w.slot()+shm.OffsetSequence), shm.WholeSequence(n)) // W7
	w.next = n + 1
	atomic.StoreUint64(w.word64(shm.OffsetNextRecord), w.next) // W8
	atomic.StoreUint64(w.word64(shm.OffsetHeartbeat), shm.Now())
	w.Wake() // W9
	return n
}

func (w *Writer) place(size uint64) uint64 {
	position := (w.placed + shm.DataAlign - 1) / shm.DataAlign * shm.DataAlign
	if position%shm.DataCapacity+size > shm.DataCapacity {
		position = (position/shm.DataCapacity + 1) * shm.DataCapacity
	}
	w.placed = position + size
	return position
}

// releaseUpTo raises first_record past the records that lose their slot or any of their data before end.
func (w *Writer) releaseUpTo(end uint64) {
	for w.first < w.next &&
		(w.next-w.first >= shm.SlotCount || w.positions[w.first%shm.SlotCount]+shm.DataCapacity < end) {
		w.first++
	}
	atomic.StoreUint64(w.word64(shm.OffsetFirstRecord), w.first)
}

// fill writes a slot but for its sequence; the checksum is over the slot as it will stand.
func (w *Writer) fill(slot []byte, unit h264.AccessUnit) {
	if unit.CaptureNS == 0 {
		unit.CaptureNS = shm.Now()
	}
	if unit.PublishNS == 0 {
		unit.PublishNS = shm.Now()
	}
	EncodeSlot(&w.filled, w.next, w.positions[w.next%shm.SlotCount], unit)
	copy(slot[8:], w.filled[8:])
}

// EncodeSlot makes the slot of record n, whole.
func EncodeSlot(raw *[shm.SlotSize]byte, n, position uint64, unit h264.AccessUnit) {
	u32 := func(offset int, value uint32) { binary.LittleEndian.PutUint32(raw[offset:], value) }
	u64 := func(offset int, value uint64) { binary.LittleEndian.PutUint64(raw[offset:], value) }
	u64(shm.OffsetSequence, shm.WholeSequence(n))
	u64(shm.OffsetFrameNumber, unit.FrameNumber)
	u64(shm.OffsetCapture, unit.CaptureNS)
	u64(shm.OffsetPublish, unit.PublishNS)
	u64(shm.OffsetDataPosition, position)
	u32(shm.OffsetDataSize, uint32(len(unit.Data)))
	u32(shm.OffsetFlags, flags(unit))
	binary.LittleEndian.PutUint16(raw[shm.OffsetWidth:], uint16(unit.Width))
	binary.LittleEndian.PutUint16(raw[shm.OffsetHeight:], uint16(unit.Height))
	u32(shm.OffsetDataCRC, crc32.ChecksumIEEE(unit.Data))
	u32(shm.OffsetSlotCRC, crc32.ChecksumIEEE(raw[:shm.OffsetSlotCRC]))
}

func flags(unit h264.AccessUnit) (bits uint32) {
	if unit.Keyframe {
		bits |= shm.FlagKeyframe
	}
	if unit.Discontinuity {
		bits |= shm.FlagDiscontinuity
	}
	return bits
}

// Wake raises news and wakes every reader that sleeps on it.
func (w *Writer) Wake() {
	news := (*uint32)(unsafe.Pointer(&w.memory[shm.OffsetNews]))
	atomic.AddUint32(news, 1)
	wakeAll(news)
}

func wakeAll(news *uint32) {
	const futexWake, everybody = 1, 1<<31 - 1 // not the private kind
	_, _, _ = unix.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(news)), futexWake, everybody, 0, 0, 0)
}

// Path is the segment's file.
func (w *Writer) Path() string { return w.path }

// Memory is the whole segment, for tests that break the contract on purpose.
func (w *Writer) Memory() []byte { return w.memory }

// Kill leaves the segment as a writer leaves it that dies: named, and without a heartbeat.
func (w *Writer) Kill() {
	if w.memory == nil {
		return
	}
	w.stopBeating()
	_ = unix.Munmap(w.memory)
	w.memory = nil
}

// Stop takes the segment away as a writer does that stops cleanly.
func (w *Writer) Stop() {
	if w.memory == nil {
		return
	}
	if w.named() {
		_ = unix.Unlink(w.path)
	}
	w.Wake()
	w.Kill()
}

// Replace makes a new segment under the name, as a writer does that starts again, and wakes the readers of the old one.
func (w *Writer) Replace() error {
	successor := &Writer{path: w.path}
	if err := successor.create(); err != nil {
		return err
	}
	w.Wake()
	w.Kill()
	*w = *successor
	w.beat()
	return nil
}

// named says whether the name still means this segment: its epoch is unlike any other's.
func (w *Writer) named() bool {
	head := make([]byte, shm.OffsetHeartbeat)
	file, err := os.Open(w.path)
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }()
	_, err = file.Read(head)
	return err == nil && [8]byte(head[shm.OffsetEpoch:]) == [8]byte(w.memory[shm.OffsetEpoch:])
}

// beat starts the heartbeat's goroutine; stopBeating ends it.
func (w *Writer) beat() {
	stop, done := make(chan struct{}), make(chan struct{})
	heartbeat := w.word64(shm.OffsetHeartbeat)
	go func() {
		defer close(done)
		ticker := time.NewTicker(shm.HeartbeatNS / 2)
		defer ticker.Stop()
		for {
			select {
			case <-stop:
				return
			case <-ticker.C:
				atomic.StoreUint64(heartbeat, shm.Now())
			}
		}
	}()
	w.stopBeating = sync.OnceFunc(func() { close(stop); <-done })
}

func (w *Writer) slot() int { return shm.SlotOffset(w.next) }

func (w *Writer) word64(offset int) *uint64 { return (*uint64)(unsafe.Pointer(&w.memory[offset])) }
