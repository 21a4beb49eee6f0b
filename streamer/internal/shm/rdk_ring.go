package shm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/h264"
)

const (
	// settleTime is between two looks at the newest record; a daemon copies a picture in less.
	settleTime = 2 * time.Millisecond
	// headSize is as much of an access unit as shows whether it is a keyframe: parameter sets come first.
	headSize = 4096
)

var (
	errGone      = errors.New("the ring cannot be read any more")
	errChanged   = errors.New("it changed while it was copied")
	errOvertaken = errors.New("it was overwritten while it was copied")
)

// ring is an open H.264 ring. It is read with pread, not mapped: a daemon that truncates it cannot make us fault.
type ring struct {
	fd    int
	raw   rawRDKFrame // what is looked at; here, so that a look allocates nothing
	again []byte      // the second look at a frame's data
}

// openRing opens the ring by steps O1 and O2. It fails with errNoData or a refusal.
func openRing(name string) (*ring, error) {
	fd, size, err := openTrusted(name)
	if err != nil {
		return nil, err
	}
	switch size {
	case RDKSize:
		return &ring{fd: fd}, nil
	case 0:
		err = errNoData
	default:
		err = refusal(fmt.Sprintf("has %d bytes, the H.264 ring of an RDK X5 has %d: correct camera.layout or camera.stream",
			size, RDKSize))
	}
	_ = unix.Close(fd)
	return nil, err
}

func (r *ring) close() { _ = unix.Close(r.fd) }

func (r *ring) hasName() bool { return hasName(r.fd) }

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

// head reads what stands before record n's data.
func (r *ring) head(n uint64) (rdkFrame, error) {
	if err := r.read(r.raw[:], RDKSlotOffset(n)); err != nil {
		return rdkFrame{}, err
	}
	return parseRDKFrame(&r.raw)
}

// keyframe is head, and whether decoding can begin at the record.
func (r *ring) keyframe(n uint64) (frame rdkFrame, is bool) {
	frame, err := r.head(n)
	if err != nil {
		return frame, false
	}
	begin := r.scratch(min(frame.size, headSize))
	return frame, r.read(begin, RDKSlotOffset(n)+RDKOffsetData) == nil && h264.IsKeyframe(begin)
}

// data reads record n's data, which its head described.
func (r *ring) data(to []byte, n uint64) error {
	if err := r.read(to, RDKSlotOffset(n)+RDKOffsetData); err != nil {
		return err
	}
	if !bytes.HasPrefix(to, []byte{0, 0, 1}) && !bytes.HasPrefix(to, []byte{0, 0, 0, 1}) {
		return mistake("its data does not begin with a NAL start code")
	}
	return nil
}

// compare looks again, and says errChanged unless all is as it was.
func (r *ring) compare(n uint64, frame rdkFrame, data []byte) error {
	again, err := r.head(n)
	if err == errGone {
		return err
	}
	look := r.scratch(len(data))
	if err := r.read(look, RDKSlotOffset(n)+RDKOffsetData); err != nil {
		return err
	}
	if again != frame || !bytes.Equal(look, data) {
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
