package rdkx5

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/shm"
)

const (
	// recheckDelay is between the two copies of the newest record; a daemon writes a frame in less.
	recheckDelay = 2 * time.Millisecond
	// keyframeProbe is the bytes of an access unit that show whether it is a keyframe: parameter sets come first.
	keyframeProbe = 4096
)

var (
	errGone      = errors.New("the ring cannot be read any more")
	errChanged   = errors.New("it changed while it was copied")
	errOvertaken = errors.New("it was overwritten while it was copied")
)

// ring is an open H.264 ring. It is read with pread, not mapped: where a daemon truncates it, a mapping would fault.
type ring struct {
	fd    int
	raw   rawFrameHeader // the header being read; here, so that reading allocates nothing
	again []byte         // the second copy of a frame's data
}

// openRing opens the ring by steps O1 and O2. It fails with shm.ErrNoData or a Refusal.
func openRing(name string) (*ring, error) {
	fd, size, err := shm.OpenTrusted(name)
	if err != nil {
		return nil, err
	}
	switch size {
	case Size:
		return &ring{fd: fd}, nil
	case 0:
		err = shm.ErrNoData
	default:
		err = shm.Refusal(fmt.Sprintf("has %d bytes, the H.264 ring of an RDK X5 has %d: correct camera.layout or camera.stream",
			size, Size))
	}
	_ = unix.Close(fd)
	return nil, err
}

func (r *ring) close() { _ = unix.Close(r.fd) }

func (r *ring) hasName() bool { return shm.HasName(r.fd) }

// read fills to with what stands at an offset; it fails with errGone.
func (r *ring) read(to []byte, offset int) error {
	if n, err := unix.Pread(r.fd, to, int64(offset)); err != nil || n < len(to) {
		return errGone
	}
	return nil
}

// count is how often the ring was written, mod 2³².
func (r *ring) count() (uint32, error) {
	err := r.read(r.raw[:4], 0)
	return binary.LittleEndian.Uint32(r.raw[:]), err
}

// readHeader reads what stands before record n's data.
func (r *ring) readHeader(n uint64) (frameHeader, error) {
	if err := r.read(r.raw[:], SlotOffset(n)); err != nil {
		return frameHeader{}, err
	}
	return parseFrameHeader(&r.raw)
}

// keyframe is readHeader, and whether decoding can begin at the record.
func (r *ring) keyframe(n uint64) (header frameHeader, is bool) {
	header, err := r.readHeader(n)
	if err != nil {
		return header, false
	}
	begin := r.scratch(min(header.size, keyframeProbe))
	return header, r.read(begin, SlotOffset(n)+OffsetData) == nil && h264.IsKeyframe(begin)
}

// data reads record n's data, which its header describes.
func (r *ring) data(to []byte, n uint64) error {
	if err := r.read(to, SlotOffset(n)+OffsetData); err != nil {
		return err
	}
	if !bytes.HasPrefix(to, []byte{0, 0, 1}) && !bytes.HasPrefix(to, []byte{0, 0, 0, 1}) {
		return shm.WriterMistake("its data does not begin with a NAL start code")
	}
	return nil
}

// compare reads record n again, and fails with errChanged unless it is the same.
func (r *ring) compare(n uint64, header frameHeader, data []byte) error {
	again, err := r.readHeader(n)
	if err == errGone {
		return err
	}
	look := r.scratch(len(data))
	if err := r.read(look, SlotOffset(n)+OffsetData); err != nil {
		return err
	}
	if again != header || !bytes.Equal(look, data) {
		return errChanged
	}
	return nil
}

func (r *ring) scratch(size int) []byte {
	if size > cap(r.again) {
		r.again = make([]byte, size, max(size, 1<<16))
	}
	return r.again[:size]
}
