package shm

import (
	"errors"
	"fmt"
	"hash/crc32"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Directory is where Linux keeps POSIX shared memory.
const Directory = "/dev/shm"

// segment is an open stream segment, mapped read-only: a write through it would fault.
type segment struct {
	fd     int
	memory []byte // SegmentSize bytes; the whole file
	header header
	copied rawSlot // the slot being read; here, so that reading allocates nothing
}

// openSegment opens and checks the segment by steps O1 to O4. It fails with ErrNoData while there is nothing to read,
// or with a Refusal. What it opened it closes again.
func openSegment(name string) (*segment, error) {
	fd, size, err := OpenTrusted(name)
	if err != nil {
		return nil, err
	}
	s := &segment{fd: fd}
	if err := s.check(size); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// OpenTrusted does steps O1 and O2: it gives the descriptor and the size of a file whose owner is trusted.
func OpenTrusted(name string) (fd int, size int64, err error) {
	// O_NONBLOCK only so that opening a FIFO of this name does not block.
	fd, err = unix.Open(Directory+name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return -1, 0, openError(name, err)
	}
	var stat unix.Stat_t
	if err = unix.Fstat(fd, &stat); err != nil {
		err = Refusal(fmt.Sprintf("cannot be looked at: %v", err))
	} else {
		err = checkOwner(&stat, trustedIDs(), name)
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, 0, err
	}
	return fd, stat.Size, nil
}

func openError(name string, err error) error {
	switch {
	case errors.Is(err, unix.ENOENT):
		return ErrNoData
	case errors.Is(err, unix.ELOOP):
		return Refusal(fmt.Sprintf("is a symbolic link: remove it (rm %s%s) and restart the daemon that writes it",
			Directory, name))
	case errors.Is(err, unix.EACCES):
		return Refusal("may not be read: add this service's user to the segment's group (petcam)")
	default:
		return Refusal(fmt.Sprintf("cannot be opened: %v", err))
	}
}

// check does steps O3 and O4 for a file of this size.
func (s *segment) check(size int64) error {
	if size < HeaderSize {
		return ErrNoData
	}
	var raw fixedHeader
	if n, err := unix.Pread(s.fd, raw[:], 0); err != nil || n < len(raw) {
		return ErrNoData
	}
	var err error
	if s.header, err = parseHeader(&raw, size, streamShape); err != nil {
		return err
	}
	s.memory, err = unix.Mmap(s.fd, 0, SegmentSize, unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return Refusal(fmt.Sprintf("cannot be mapped: %v", err))
	}
	return nil
}

func (s *segment) close() {
	if s.memory != nil {
		_ = unix.Munmap(s.memory)
	}
	_ = unix.Close(s.fd)
}

// hasName says whether the segment is still the one under its name; a writer that restarts replaces it.
func (s *segment) hasName() bool { return HasName(s.fd) }

// HasName says whether an open file still has a name.
func HasName(fd int) bool {
	var stat unix.Stat_t
	return unix.Fstat(fd, &stat) == nil && stat.Nlink > 0
}

func (s *segment) nextRecord() uint64  { return atomic.LoadUint64(s.word64(OffsetNextRecord)) }
func (s *segment) firstRecord() uint64 { return atomic.LoadUint64(s.word64(OffsetFirstRecord)) }
func (s *segment) heartbeat() uint64   { return atomic.LoadUint64(s.word64(OffsetHeartbeat)) }
func (s *segment) news() *uint32       { return (*uint32)(unsafe.Pointer(&s.memory[OffsetNews])) }

func (s *segment) sequence(n uint64) uint64 {
	return atomic.LoadUint64(s.word64(SlotOffset(n) + OffsetSequence))
}

// word64 points at the u64 at an offset. The mapping begins at a page and the layout keeps fields aligned.
func (s *segment) word64(offset int) *uint64 { return (*uint64)(unsafe.Pointer(&s.memory[offset])) }

// slot copies and checks the slot of record n, which has been published. A slot that a writer changes
// meanwhile is read again; it then holds the slot's next record, so a few attempts decide. It fails with errTorn or a
// Refusal.
func (s *segment) slot(n uint64) (slot, error) {
	const attempts = 3
	for range attempts {
		if n >= 1<<63 || s.sequence(n) != WholeSequence(n) { // R1; beyond, sequences come again
			return slot{}, errTorn
		}
		s.copied = rawSlot(s.memory[SlotOffset(n):]) // R2
		if found, err := parseSlot(&s.copied, n); err != errTorn {
			return found, err
		}
	}
	return slot{}, errTorn
}

// keyframe finds the newest keyframe of the records low to high-1 that was captured at before or earlier, else the
// oldest there is.
func (s *segment) keyframe(low, high, before uint64) (n uint64, found bool) {
	low = max(low, s.firstRecord(), high-min(high, SlotCount))
	for i := high; i > low; i-- {
		if slot, err := s.slot(i - 1); err == nil && slot.keyframe {
			n, found = i-1, true
			if slot.captureNS <= before {
				break
			}
		}
	}
	return n, found
}

// copyData copies a slot's data, once, and says whether the copy is what the writer wrote.
func (s *segment) copyData(to []byte, from slot) bool {
	copy(to, s.memory[from.offset:from.offset+from.size])
	return crc32.ChecksumIEEE(to) == from.crc
}
