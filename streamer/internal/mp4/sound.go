package mp4

import (
	"fmt"
	"time"

	"petcam/streamer/internal/sound"
)

const (
	soundID = 3 // of the track

	// MaxSound is the size of the largest packet, in bytes.
	MaxSound = sound.MaxBytes
	// SoundDuration is how long each packet lasts.
	SoundDuration = sound.PacketNS * time.Nanosecond
	// MaxSoundOverhang is how long the last one may last longer than the pictures: it is in the file where its middle is.
	MaxSoundOverhang = SoundDuration / 2

	soundTimescale = sound.Rate // ticks per second
	soundSamples   = soundTimescale / 50

	mostHeld = 36 << 10 // bytes of pairs that are held
)

// held are packets that are to be written together.
type held struct {
	on    bool   // until FlushSound
	sizes []int  // of the packets
	pairs []byte // theirs, one behind the other; their headers are put when they are written
}

// HoldSound has packets kept until FlushSound, or until there are too many.
func (w *Writer) HoldSound() { w.held.on = true }

// FlushSound writes the packets that were kept by a single write. When it fails, the file ends behind the sample before them,
// or will before the next one is written, and they are kept for the next time.
func (w *Writer) FlushSound() error {
	w.held.on = false
	return w.writeHeld()
}

func (w *Writer) writeHeld() error {
	h := &w.held
	if len(h.sizes) == 0 {
		return nil
	}
	rest := h.pairs
	for i, size := range h.sizes {
		w.soundFragment(i, size).put(rest)
		rest = rest[fragmentHeader+size:]
	}
	if err := w.append(h.pairs); err != nil {
		return fmt.Errorf("mp4: sound: %w", err)
	}
	for _, size := range h.sizes {
		w.tables.add(w.soundFragment(0, size))
	}
	h.sizes, h.pairs = h.sizes[:0], h.pairs[:0]
	return nil
}

// soundFragment is that of a packet that comes behind so many others.
func (w *Writer) soundFragment(behind, size int) fragment {
	return fragment{
		track: soundID, sequence: w.tables.nextSequence() + uint32(behind), at: uint64(w.tables.sound.len()+behind) * soundSamples,
		duration: soundSamples, size: uint32(size), sync: true,
	}
}

// AddSound adds an Opus packet of 20 ms that follows the one before, or begins with the first picture, and writes it unless
// packets are held. It is not added, without an error, where it would last longer than the pictures, is no such packet, or
// there is no track of sound. When it fails, it is not added either, and the file ends as when FlushSound fails.
func (w *Writer) AddSound(packet []byte) (added bool, err error) {
	h := &w.held
	count, bytes := len(h.sizes), len(h.pairs)
	if !w.movie.hasSound() || !w.tables.mayAddSound(len(packet), count) || sound.Samples(packet) != soundSamples {
		return false, nil
	}
	h.sizes = append(h.sizes, len(packet))
	h.pairs = append(append(h.pairs, make([]byte, fragmentHeader)...), packet...)
	if h.on && len(h.pairs) < mostHeld {
		return true, nil
	}
	if err := w.writeHeld(); err != nil {
		h.sizes, h.pairs = h.sizes[:count], h.pairs[:bytes]
		return false, err
	}
	return true, nil
}

// SoundUntil returns the time from the first picture to the end of the last packet of sound, also of those that are held.
func (w *Writer) SoundUntil() time.Duration {
	return time.Duration(w.tables.sound.len()+len(w.held.sizes)) * SoundDuration
}

// soundTable is a table of packets that follow each other without a gap: 2 bytes of memory for one.
type soundTable struct {
	sizes []uint16
	bytes int64 // of all with their moof and mdat headers
}

func (t *soundTable) len() int { return len(t.sizes) }

func (t *soundTable) add(size uint32) {
	t.sizes = append(t.sizes, uint16(size))
	t.bytes += fragmentHeader + int64(size)
}

// dropNewest takes the newest packet away again. There must be one.
func (t *soundTable) dropNewest() {
	last := len(t.sizes) - 1
	t.bytes -= fragmentHeader + int64(t.sizes[last])
	t.sizes = t.sizes[:last]
}

// soundTicks is how long so many packets last, in ticks of the movie.
func soundTicks(packets int) uint64 { return uint64(packets) * (timescale / 50) }

// appendSound appends the trak box of the third track.
func (m movie) appendSound(w *boxes, t *tables, firstOffset int64) {
	count := t.sound.len()
	w.box("trak", func() {
		m.appendTkhd(w, soundID, soundTicks(count), 0, 0)
		w.box("mdia", func() {
			m.appendMdhd(w, soundTimescale, uint64(count)*soundSamples)
			appendHdlr(w, "soun")
			w.box("minf", func() {
				w.full("smhd", 0, 0, func() { w.u32(0) }) // in the middle
				appendDinf(w)
				w.box("stbl", func() {
					w.box("stsd", func() { w.b = append(w.b, m.soundEntries...) })
					t.sound.append(w)
					t.appendOffsets(w, soundID, firstOffset)
				})
			})
		})
	})
}

// append appends the boxes stts, stsc and stsz, and those that say how long a decoder takes to find its way.
func (t *soundTable) append(w *boxes) {
	count := uint32(len(t.sizes))
	w.full("stts", 0, 0, func() { appendRun(w, count, count, soundSamples) })
	w.full("stsc", 0, 0, func() { appendRun(w, count, 1, 1, 1) }) // from chunk 1 on: one sample in each
	w.full("stsz", 0, 0, func() {
		w.u32s(0, count)
		for _, size := range t.sizes {
			w.u32(uint32(size))
		}
	})
	const fourPacketsBefore = 0xfffc // 80 ms, as the mapping of Opus says
	w.full("sgpd", 1, 0, func() {
		w.b = append(w.b, "roll"...)
		w.u32s(2, 1) // one entry of two bytes
		w.u16(fourPacketsBefore)
	})
	w.full("sbgp", 0, 0, func() {
		w.b = append(w.b, "roll"...)
		appendRun(w, count, count, 1)
	})
}

// appendRun appends a table of one entry, or of none where there are no samples.
func appendRun(w *boxes, samples uint32, entry ...uint32) {
	if samples == 0 {
		w.u32(0)
		return
	}
	w.u32(1)
	w.u32s(entry...)
}

// soundEntries returns the content of stsd ("Encapsulation of Opus in ISO Base Media File Format"): one Opus entry. Nothing
// is left out at the beginning: a packet's time is that of the first sample that comes out of the decoder.
func soundEntries(channels int) []byte {
	if channels == 0 {
		return nil
	}
	var w boxes
	w.u32s(0, 1) // version and flags, one entry
	w.box("Opus", func() {
		w.u32s(0, 1) // reserved, data reference 1
		w.u32s(0, 0)
		w.u16(uint16(channels))
		w.u16(16) // bits of a sample
		w.u32(0)
		w.u32(soundTimescale << 16)
		w.box("dOps", func() {
			w.u8(0) // version
			w.u8(byte(channels))
			w.u16(0) // nothing to leave out
			w.u32(soundTimescale)
			w.u16(0) // no gain
			w.u8(0)  // mono or stereo
		})
	})
	return w.b
}

// wholeSound says whether the bytes at offset are a packet as AddSound is given it.
func wholeSound(in *pageReader, offset int64, f fragment) (bool, error) {
	b, err := in.at(offset, int(f.size))
	return b != nil && f.duration == soundSamples && sound.Samples(b) == soundSamples, err
}
