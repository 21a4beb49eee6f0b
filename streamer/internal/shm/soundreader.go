package shm

import (
	"context"
	"encoding/binary"
	"unsafe"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/sound"
)

// SoundReader reads the packets of whatever audio segment has the name, now and later: from the oldest on that is still
// there. It copies them out of the file, so no writer can do it harm. It is for one goroutine at a time.
type SoundReader struct {
	polled  *PolledReader[sound.Packet]
	segment *soundSegment
	bell    bell
	epoch   uint64 // of the last packet; 0: none came yet
	skipped uint64 // when it came
	left    bool   // Newest left packets out after it
}

// OpenSound makes a SoundReader of the segment called name, such as /petcam_audio. It never fails: the segment may come
// later.
func OpenSound(name string, options ...Option) *SoundReader {
	segment := newSoundSegment()
	at := func(packet *sound.Packet) uint64 { return packet.CaptureNS }
	return &SoundReader{polled: newPolledReader("sound", name, segment, at, options), segment: segment}
}

// Poll copies the next packet, if one is there; it never waits for one. What was in the packet before is overwritten, its
// data too. Gap says that something is missing since the packet before, as its writer or this reader knows.
func (r *SoundReader) Poll(to *sound.Packet) bool {
	found := r.polled.Poll(to)
	if found {
		missed := r.left || r.polled.skipped != r.skipped || to.Epoch != r.epoch
		to.Gap = to.Gap || missed && r.epoch != 0
		r.epoch, r.skipped, r.left = to.Epoch, r.polled.skipped, false
	}
	return found
}

// Newest has Poll go on with the newest packet that is there. What is left out counts as no loss.
func (r *SoundReader) Newest() {
	if !r.polled.attach() {
		return
	}
	if published, _, ok := r.segment.records(); ok && published > r.segment.next+1 {
		r.segment.next, r.left = published-1, true
	}
}

// Next waits for the next packet. It fails with ctx's error, within 250 ms of ctx's end.
func (r *SoundReader) Next(ctx context.Context, to *sound.Packet) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		// In this order nothing is missed: a packet or the writer's end that comes after this line changes the word.
		news, known := r.news()
		if r.Poll(to) {
			return nil
		}
		switch {
		case !r.segment.IsOpen() && r.polled.looked != 0:
			r.bell.close()
			Sleep(MaxSleep)
		case r.segment.IsOpen() && known:
			r.bell.wait(r.segment.fd, r.segment.epoch, news)
		}
	}
}

// news is the segment's futex word; false where none is open.
func (r *SoundReader) news() (uint32, bool) {
	if !r.segment.IsOpen() || !r.segment.read(r.segment.live[:4], OffsetNews) {
		return 0, false
	}
	return binary.LittleEndian.Uint32(r.segment.live[:]), true
}

// Skipped counts the packets that were lost because this reader fell behind or refused them.
func (r *SoundReader) Skipped() uint64 { return r.polled.Skipped() }

// Close closes the segment.
func (r *SoundReader) Close() {
	r.polled.Close()
	r.bell.close()
}

// bell is the page of a segment in which its futex word stands, mapped to sleep on. Only the kernel looks at it: where
// its writer truncates the segment, that is an error, not a fault.
type bell struct {
	page  []byte // nil: none is mapped
	epoch uint64 // of its segment
}

// wait sleeps while the word of the segment is seen, MaxSleep at most.
func (b *bell) wait(fd int, epoch uint64, seen uint32) {
	if b.page == nil || b.epoch != epoch {
		b.close()
		page, err := unix.Mmap(fd, 0, HeaderSize, unix.PROT_READ, unix.MAP_SHARED)
		if err != nil {
			Sleep(MaxSleep)
			return
		}
		b.page, b.epoch = page, epoch
	}
	waitFutex((*uint32)(unsafe.Pointer(&b.page[OffsetNews])), seen, MaxSleep)
}

func (b *bell) close() {
	if b.page != nil {
		_ = unix.Munmap(b.page)
		b.page = nil
	}
}
