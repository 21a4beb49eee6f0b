package main

import (
	"bytes"
	"encoding/binary"
	"log/slog"

	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/sound"
)

// soundSource are packets of sound, which are waited for.
func soundSource(name string, largest uint64) *records[sound.Packet] {
	reader := shm.OpenSound(name, shm.WithLogger(slog.New(slog.DiscardHandler)))
	return &records[sound.Packet]{
		next: reader.Next, skipped: reader.Skipped, close: reader.Close,
		epoch: func(packet *sound.Packet) uint64 { return packet.Epoch },
		torn:  func(packet *sound.Packet) bool { return tornPacket(packet, largest) },
	}
}

// tornPacket says whether anything of a packet does not follow from its record number, but the flag of a gap.
func tornPacket(packet *sound.Packet, largest uint64) bool {
	n := packet.Record
	size := int(1 + mix(n)%min(largest, sound.MaxBytes))
	word := binary.LittleEndian.AppendUint64(nil, mix(n))
	data := bytes.Repeat(word, size/8+1)[:size]
	data[0] = sound.Silence[0]
	return packet.Number != n || packet.CaptureNS != 1000*n+1 || packet.Samples != sound.PacketSamples ||
		packet.RMS != -float32(n%9601)/100 || packet.Peak != -float32(n/7%9601)/100 ||
		n%7 == 0 && !packet.Gap || !bytes.Equal(packet.Data, data)
}
