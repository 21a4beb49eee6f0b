package shmtest

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"testing"

	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/sound"
)

// Microphone writes an audio segment, by steps C1 to C5 and W1 to W9 of docs/shm-layout.md but for the heartbeat, which no
// SoundReader looks at. Its methods are for one goroutine at a time.
type Microphone struct {
	segmentFile
	first     uint64
	end       uint64                     // data_position after the last record's data
	positions [shm.AudioSlotCount]uint64 // data_position of each record in its slot
}

// NewMicrophone creates the segment, in place of one that has the name already, and takes it away when the test ends.
func NewMicrophone(t testing.TB, name string) *Microphone {
	t.Helper()
	return &Microphone{segmentFile: newSegmentFile(t, name, AudioHeader, shm.AudioSegmentSize)}
}

// AudioHeader makes bytes 0 to 127 of an audio segment.
func AudioHeader(epoch uint64) []byte {
	raw := Header(epoch)
	copy(raw[shm.OffsetMagic:], shm.MagicAudio)
	binary.LittleEndian.PutUint64(raw[shm.OffsetSegmentSize:], shm.AudioSegmentSize)
	binary.LittleEndian.PutUint32(raw[shm.OffsetSlotCount:], shm.AudioSlotCount)
	binary.LittleEndian.PutUint32(raw[shm.OffsetSlotSize:], shm.AudioSlotSize)
	binary.LittleEndian.PutUint64(raw[shm.OffsetDataStart:], shm.AudioDataStart)
	binary.LittleEndian.PutUint64(raw[shm.OffsetDataCapacity:], shm.AudioDataCapacity)
	Seal(raw)
	return raw
}

// Sound makes a packet of a size whose bytes all follow from its number.
func Sound(number uint64, size int) sound.Packet {
	data := make([]byte, size)
	data[0] = sound.Silence[0]
	for i := 1; i < size; i++ {
		data[i] = byte(number + uint64(i))
	}
	return sound.Packet{
		Number: number, CaptureNS: 1000 + number*sound.PacketNS, Samples: sound.PacketSamples, RMS: -40, Peak: -30.5,
		Data: data,
	}
}

// Publish writes the next record and returns its number. Epoch and Record of the packet are not looked at; a PublishNS of
// 0 is now, or its CaptureNS if that is later.
func (m *Microphone) Publish(packet sound.Packet) uint64 {
	n, position := m.Next, m.place(uint64(len(packet.Data)))
	m.Put64(shm.AudioSlotOffset(n), shm.WritingSequence(n)) // W4
	m.Write(packet.Data, shm.AudioDataOffset(position))     // W5
	if packet.PublishNS == 0 {
		packet.PublishNS = max(shm.Now(), packet.CaptureNS)
	}
	slot := EncodeSound(n, position, packet)
	m.Write(slot[8:], shm.AudioSlotOffset(n)+8)           // W6
	m.Put64(shm.AudioSlotOffset(n), shm.WholeSequence(n)) // W7
	m.Next = n + 1
	m.Put64(shm.OffsetNextRecord, m.Next) // W8
	m.Wake()
	return n
}

// place does steps W2 and W3 of the next record.
func (m *Microphone) place(size uint64) uint64 {
	position := (m.end + shm.AudioDataAlign - 1) / shm.AudioDataAlign * shm.AudioDataAlign
	if position%shm.AudioDataCapacity+size > shm.AudioDataCapacity {
		position = (position/shm.AudioDataCapacity + 1) * shm.AudioDataCapacity
	}
	m.end = position + size
	for m.first < m.Next && (m.Next-m.first >= shm.AudioSlotCount ||
		m.positions[m.first%shm.AudioSlotCount]+shm.AudioDataCapacity < m.end) {
		m.first++
	}
	m.positions[m.Next%shm.AudioSlotCount] = position
	m.Put64(shm.OffsetFirstRecord, m.first)
	return position
}

// Replace makes a new segment under the name, as a writer does that starts again.
func (m *Microphone) Replace(t testing.TB) {
	t.Helper()
	m.segmentFile.Replace(t)
	m.first, m.end = 0, 0
}

// EncodeSound makes the slot of record n, whole.
func EncodeSound(n, position uint64, packet sound.Packet) []byte {
	raw := make([]byte, shm.AudioSlotSize)
	u16 := func(offset int, value uint16) { binary.LittleEndian.PutUint16(raw[offset:], value) }
	u32 := func(offset int, value uint32) { binary.LittleEndian.PutUint32(raw[offset:], value) }
	u64 := func(offset int, value uint64) { binary.LittleEndian.PutUint64(raw[offset:], value) }
	u64(shm.OffsetSequence, shm.WholeSequence(n))
	u64(shm.OffsetFrameNumber, packet.Number)
	u64(shm.OffsetCapture, packet.CaptureNS)
	u64(shm.OffsetPublish, packet.PublishNS)
	u64(shm.OffsetDataPosition, position)
	u32(shm.OffsetDataSize, uint32(len(packet.Data)))
	if packet.Gap {
		u32(shm.OffsetFlags, shm.FlagDiscontinuity)
	}
	u16(shm.OffsetSamples, uint16(packet.Samples))
	u16(shm.OffsetRMS, uint16(level(packet.RMS)))
	u16(shm.OffsetPeak, uint16(level(packet.Peak)))
	u32(shm.OffsetAudioDataCRC, crc32.ChecksumIEEE(packet.Data))
	SealSound(raw)
	return raw
}

func level(db float32) int16 { return int16(math.Round(float64(db) * 100)) }

// SealSound puts a slot's checksum right.
func SealSound(slot []byte) {
	binary.LittleEndian.PutUint32(slot[shm.OffsetAudioSlotCRC:], crc32.ChecksumIEEE(slot[:shm.OffsetAudioSlotCRC]))
}
