package shm

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// maxRecordTries bounds how many records one look may find torn or wrong.
const maxRecordTries = 8

// copyAttempts is how often a record that seems torn is looked at.
const copyAttempts = 3

// recordFile is a segment whose records are read with pread, one after the other from the oldest on. It is not mapped:
// where its writer truncates it, a mapping would fault, and with it the recording end.
type recordFile struct {
	shape  shape
	fd     int
	isOpen bool
	epoch  uint64
	next   uint64   // record to read
	live   [20]byte // next_record, first_record and news; here, so that reading allocates nothing
	bell   bell
}

// recordCopier copies record n by steps R1 to R5 to where its owner wants it. It fails with errTorn or a Refusal.
type recordCopier interface {
	copyRecord(n uint64) error
}

func (f *recordFile) IsOpen() bool  { return f.isOpen }
func (f *recordFile) HasName() bool { return HasName(f.fd) }

// Open does steps O1 to O4. It begins at the oldest record.
func (f *recordFile) Open(name string) error {
	fd, size, err := OpenTrusted(name)
	if err != nil {
		return err
	}
	f.fd, f.isOpen = fd, true
	if err := f.check(size); err != nil {
		f.Close()
		return err
	}
	return nil
}

func (f *recordFile) check(size int64) error {
	var raw fixedHeader
	if size < HeaderSize || !f.read(raw[:], 0) {
		return ErrNoData
	}
	found, err := parseHeader(&raw, size, f.shape)
	if err != nil {
		return err
	}
	published, oldest, ok := f.records()
	if !ok {
		return ErrNoData
	}
	f.epoch, f.next = found.epoch, min(oldest, published)
	return nil
}

func (f *recordFile) Close() {
	if f.isOpen {
		_ = unix.Close(f.fd)
		f.isOpen = false
	}
	f.bell.close()
}

// news is the open segment's futex word; false where it has none any more.
func (f *recordFile) news() (uint32, bool) {
	ok := f.read(f.live[:4], OffsetNews)
	return binary.LittleEndian.Uint32(f.live[:]), ok
}

// wait sleeps until the word is no longer seen, MaxSleep at most.
func (f *recordFile) wait(seen uint32) { f.bell.wait(f.fd, f.epoch, seen) }

// read fills to with what stands at an offset; false where the segment ends before.
func (f *recordFile) read(to []byte, offset int) bool {
	n, err := unix.Pread(f.fd, to, int64(offset))
	return err == nil && n == len(to)
}

// records gives how many records were published, and the oldest that is still there.
func (f *recordFile) records() (published, oldest uint64, ok bool) {
	ok = f.read(f.live[:], OffsetNextRecord)
	published = binary.LittleEndian.Uint64(f.live[:])
	first := binary.LittleEndian.Uint64(f.live[8:])
	return published, max(first, published-min(published, uint64(f.shape.slotCount))), ok
}

// isStill is step R5 for record n in the slot at an offset.
func (f *recordFile) isStill(n uint64, slot int) bool {
	return f.read(f.live[:8], slot) && binary.LittleEndian.Uint64(f.live[:]) == WholeSequence(n)
}

// nextRecord has the next record copied that is whole and makes sense, and goes on at the oldest that is still there where
// it fell behind. It gives how many it passed over, and what was wrong with one of them.
func (f *recordFile) nextRecord(to recordCopier) (found bool, skipped uint64, mistake error) {
	for range maxRecordTries {
		published, oldest, ok := f.records()
		if !ok {
			f.Close()
			return false, skipped, mistake
		}
		if f.next >= published {
			f.next = published // a writer that counts backwards breaks the contract; do not wait for ever
			return false, skipped, mistake
		}
		if f.next < oldest {
			skipped += min(oldest, published) - f.next
			f.next = min(oldest, published)
			continue
		}
		err := f.copyWhole(f.next, to)
		f.next++
		if err == nil {
			return true, skipped, mistake
		}
		skipped++
		if err != errTorn {
			mistake = err
		}
	}
	return false, skipped, mistake
}

// copyWhole tries a few times: a slot that is torn and stays so was given to another record.
func (f *recordFile) copyWhole(n uint64, to recordCopier) error {
	if n >= 1<<63 { // beyond, sequences come again
		return errTorn
	}
	err := errTorn
	for range copyAttempts {
		if err = to.copyRecord(n); err != errTorn {
			break
		}
	}
	return err
}
