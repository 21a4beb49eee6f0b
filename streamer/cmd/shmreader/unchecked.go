package main

import (
	"context"
	"encoding/binary"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/shm"
)

// unchecked reads the record that is being overwritten, without any check but that the memory is mapped. It has to
// return torn records, which proves that the test finds them.
type unchecked struct{ memory []byte }

func openUnchecked(name string) (*unchecked, error) {
	file, err := os.Open(shm.Directory + name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	memory, err := unix.Mmap(int(file.Fd()), 0, shm.SegmentSize, unix.PROT_READ, unix.MAP_SHARED)
	return &unchecked{memory}, err
}

func (u *unchecked) Next(ctx context.Context) (h264.AccessUnit, error) {
	for ctx.Err() == nil {
		if unit, ok := u.oldest(); ok {
			return unit, nil
		}
	}
	return h264.AccessUnit{}, ctx.Err()
}

func (u *unchecked) oldest() (h264.AccessUnit, bool) {
	n := binary.LittleEndian.Uint64(u.memory[shm.OffsetFirstRecord:]) - 1
	slot := [shm.SlotSize]byte(u.memory[shm.SlotOffset(n):])
	u64 := func(offset int) uint64 { return binary.LittleEndian.Uint64(slot[offset:]) }
	offset, size := shm.DataOffset(u64(shm.OffsetDataPosition)), int(binary.LittleEndian.Uint32(slot[shm.OffsetDataSize:]))
	if size == 0 || offset+size > len(u.memory) {
		return h264.AccessUnit{}, false
	}
	number := u64(shm.OffsetFrameNumber)
	return h264.AccessUnit{
		Epoch: 1, Record: number, FrameNumber: number, CaptureNS: u64(shm.OffsetCapture),
		Keyframe: slot[shm.OffsetFlags]&shm.FlagKeyframe != 0,
		Width:    int(binary.LittleEndian.Uint16(slot[shm.OffsetWidth:])),
		Height:   int(binary.LittleEndian.Uint16(slot[shm.OffsetHeight:])),
		Data:     append([]byte(nil), u.memory[offset:offset+size]...),
	}, true
}

func (u *unchecked) Rewind(time.Duration) error { return nil }
func (u *unchecked) Skipped() uint64            { return 0 }
