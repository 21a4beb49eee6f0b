package shm

import (
	"context"

	"petcam/streamer/internal/sound"
)

// SoundReader reads the packets of whatever audio segment has the name, now and later: from the oldest on that is still
// there. It copies them out of the file, so no writer can do it harm. It is for one goroutine at a time.
type SoundReader struct {
	polled  *PolledReader[sound.Packet]
	segment *soundSegment
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
		news := r.polled.news()
		if r.Poll(to) {
			return nil
		}
		r.polled.wait(news)
	}
}

// Skipped counts the packets that were lost because this reader fell behind or refused them.
func (r *SoundReader) Skipped() uint64 { return r.polled.Skipped() }

// Fault is why the segment was refused last, else a packet; empty: none was.
func (r *SoundReader) Fault() string { return r.polled.Fault() }

// Close closes the segment.
func (r *SoundReader) Close() { r.polled.Close() }
