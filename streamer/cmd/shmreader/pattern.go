package main

import (
	"bytes"
	"encoding/binary"

	"petcam/streamer/internal/h264"
)

// The pattern of tests/shm_writer.c: all of a record follows from its number.

func mix(n uint64) uint64 {
	n = (n + 1) * 0x9E3779B97F4A7C15
	return n ^ n>>29
}

func patternSize(n, largest uint64) int {
	m := mix(n)
	size := 64 + m%448
	if m>>40&63 == 0 { // one in 64 is large
		size = 64 + m%largest
	}
	return int(min(size, largest))
}

// torn says whether anything of an access unit does not follow from its record number.
func torn(unit h264.AccessUnit, largest uint64) bool {
	n := unit.Record
	if unit.FrameNumber != n || unit.CaptureNS != 1000*n+1 || unit.Keyframe != (n%30 == 0) ||
		unit.Width != int(16+n%4000) || unit.Height != int(16+n/7%4000) || len(unit.Data) != patternSize(n, largest) {
		return true
	}
	word := binary.LittleEndian.AppendUint64(nil, mix(n))
	if !bytes.Equal(unit.Data[:4], []byte{0, 0, 0, 1}) || !bytes.Equal(unit.Data[4:8], word[4:]) {
		return true
	}
	rest := unit.Data[8:]
	for ; len(rest) >= 8; rest = rest[8:] {
		if !bytes.Equal(rest[:8], word) {
			return true
		}
	}
	return !bytes.Equal(rest, word[:len(rest)])
}
