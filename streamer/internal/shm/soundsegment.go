package shm

import (
	"encoding/binary"
	"hash/crc32"

	"petcam/streamer/internal/sound"
)

// maxAheadNS is how far capture_ns may lie after publish_ns: one wrong time must not stop what follows for longer.
const maxAheadNS = StaleNS

// rawAudioSlot is a copy of a slot's bytes.
type rawAudioSlot [AudioSlotSize]byte

// audioData is where a packet lies in the segment, and its checksum.
type audioData struct {
	offset, size int
	crc          uint32
}

// soundSegment is the audio segment as a PolledLayout.
type soundSegment struct {
	recordFile
	to      *sound.Packet // where Next wants the packet
	copied  rawAudioSlot  // the slot being read; here, so that reading allocates nothing
	capture uint64        // capture_ns of the last packet of this epoch
}

func newSoundSegment() *soundSegment { return &soundSegment{recordFile: recordFile{shape: audioShape}} }

func (s *soundSegment) Open(name string) error {
	s.capture = 0
	return s.recordFile.Open(name)
}

// Next goes on at the oldest packet that is still there where it fell behind.
func (s *soundSegment) Next(to *sound.Packet) (found bool, skipped uint64, mistake error) {
	s.to = to
	return s.nextRecord(s)
}

func (s *soundSegment) copyRecord(n uint64) error {
	slot := AudioSlotOffset(n)
	if !s.read(s.copied[:], slot) { // R1 and R2: the sequence is the copy's first word
		return errTorn
	}
	place, err := parseAudioSlot(&s.copied, n, s.to)
	if err == nil {
		err = s.copyData(place)
	}
	if err != errTorn && !s.isStill(n, slot) {
		return errTorn
	}
	if err == nil {
		s.to.Epoch, s.capture = s.epoch, s.to.CaptureNS
	}
	return err
}

// copyData does step R4, and R3 for what the slot alone does not tell.
func (s *soundSegment) copyData(from audioData) error {
	if cap(s.to.Data) < from.size {
		s.to.Data = make([]byte, sound.MaxBytes)
	}
	s.to.Data = s.to.Data[:from.size]
	if !s.read(s.to.Data, from.offset) || crc32.ChecksumIEEE(s.to.Data) != from.crc {
		return errTorn
	}
	if samples := sound.Samples(s.to.Data); samples != s.to.Samples {
		return WriterMistake("a packet of Opus that gives %d samples, not %d", samples, s.to.Samples)
	}
	if s.to.CaptureNS <= s.capture {
		return WriterMistake("capture_ns %d does not rise over %d", s.to.CaptureNS, s.capture)
	}
	return nil
}

// parseAudioSlot checks a slot's copy as steps R2 and R3 say: the sequence of record n and the checksum, where it fails
// with errTorn, then every value, where it fails with a Refusal.
func parseAudioSlot(raw *rawAudioSlot, n uint64, to *sound.Packet) (audioData, error) {
	u16 := func(offset int) uint16 { return binary.LittleEndian.Uint16(raw[offset:]) }
	u32 := func(offset int) uint32 { return binary.LittleEndian.Uint32(raw[offset:]) }
	u64 := func(offset int) uint64 { return binary.LittleEndian.Uint64(raw[offset:]) }

	if u64(OffsetSequence) != WholeSequence(n) || u32(OffsetAudioSlotCRC) != crc32.ChecksumIEEE(raw[:OffsetAudioSlotCRC]) {
		return audioData{}, errTorn
	}
	position, size, flags := u64(OffsetDataPosition), u32(OffsetDataSize), u32(OffsetFlags)
	rms, peak := int16(u16(OffsetRMS)), int16(u16(OffsetPeak))
	*to = sound.Packet{
		Record: n, Number: u64(OffsetFrameNumber), CaptureNS: u64(OffsetCapture), PublishNS: u64(OffsetPublish),
		Samples: int(u16(OffsetSamples)), RMS: float32(rms) / 100, Peak: float32(peak) / 100,
		Gap: flags&FlagDiscontinuity != 0, Data: to.Data[:0],
	}
	switch {
	case size < 1 || size > AudioMaxData:
		return audioData{}, WriterMistake("data_size %d is not 1..%d", size, AudioMaxData)
	case position%AudioDataAlign != 0 || position%AudioDataCapacity+uint64(size) > AudioDataCapacity:
		return audioData{}, WriterMistake("data_position %d with %d bytes is not within the data area", position, size)
	case flags&^FlagDiscontinuity != 0:
		return audioData{}, WriterMistake("flags %#x are unknown", flags)
	case to.Samples != AudioSamples:
		return audioData{}, WriterMistake("%d samples; a record has %d", to.Samples, AudioSamples)
	case rms < AudioMinLevel || rms > 0 || peak < AudioMinLevel || peak > 0:
		return audioData{}, WriterMistake("levels %d and %d are not %d..0", rms, peak, AudioMinLevel)
	case to.CaptureNS > to.PublishNS && to.CaptureNS-to.PublishNS > maxAheadNS:
		return audioData{}, WriterMistake("capture_ns %d lies after publish_ns %d", to.CaptureNS, to.PublishNS)
	}
	return audioData{AudioDataOffset(position), int(size), u32(OffsetAudioDataCRC)}, nil
}
