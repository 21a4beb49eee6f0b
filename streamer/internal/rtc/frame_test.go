package rtc

import (
	"bytes"
	"testing"

	"github.com/pion/rtp/codecs"

	"petcam/streamer/internal/h264"
)

func annexB(nals ...[]byte) (data []byte) {
	for _, nal := range nals {
		data = append(append(data, 0, 0, 0, 1), nal...)
	}
	return data
}

// nal makes a NAL unit of size bytes that holds no start code.
func nal(kind byte, size int) []byte {
	unit := bytes.Repeat([]byte{1}, size)
	for i := range unit {
		unit[i] = byte(i%251) + 1
	}
	unit[0] = kind
	return unit
}

func TestPacketsOfAFrameReassembleToItsNALUnits(t *testing.T) {
	for _, size := range []int{1, 2, maxPayload - 1, maxPayload, maxPayload + 1, maxPayload + 2, 2*maxPayload - 4,
		2*maxPayload - 3, 2*maxPayload - 2, 100_000} {
		data := annexB(nal(0x67, 20), nal(0x68, 5), nal(0x65, size), nal(0x65, size))
		f := packetize(h264.AccessUnit{Data: data}, 7)
		var depacketizer codecs.H264Packet
		var got []byte
		for _, payload := range f.payloads {
			if len(payload) > maxPayload {
				t.Fatalf("size %d: a payload has %d bytes", size, len(payload))
			}
			part, err := depacketizer.Unmarshal(payload)
			if err != nil {
				t.Fatalf("size %d: %v", size, err)
			}
			got = append(got, part...)
		}
		if !bytes.Equal(got, data) {
			t.Errorf("size %d: got %d bytes, want %d", size, len(got), len(data))
		}
		if f.end() != 7+uint64(len(f.payloads)) {
			t.Errorf("size %d: ends at %d", size, f.end())
		}
	}
}

func TestAccessUnitDelimiterIsNotSent(t *testing.T) {
	f := packetize(h264.AccessUnit{Data: annexB(nal(9, 2), nal(0x41, 10))}, 0)
	if len(f.payloads) != 1 || f.payloads[0][0] != 0x41 {
		t.Fatalf("payloads %v", f.payloads)
	}
}

func TestWhatRTPUsesForItselfAndFillersAreNotSent(t *testing.T) {
	for _, kind := range []byte{0, 12, 24, 25, 26, 27, 28, 29, 30, 31} {
		for _, size := range []int{10, 2 * maxPayload} {
			f := packetize(h264.AccessUnit{Data: annexB(nal(0x60|kind, size), nal(0x41, 10), nal(0x60|kind, size))}, 0)
			if len(f.payloads) != 1 || f.payloads[0][0] != 0x41 {
				t.Errorf("type %d, %d bytes: %d payloads, want the slice alone", kind, size, len(f.payloads))
			}
		}
	}
}

func TestAccessUnitWithoutNALUnitsMakesNoFrame(t *testing.T) {
	for _, data := range [][]byte{nil, {}, {1, 2, 3}, {0, 0, 0, 1}, annexB(nal(9, 2))} {
		if f := packetize(h264.AccessUnit{Data: data}, 0); f != nil {
			t.Errorf("%v makes %v", data, f.payloads)
		}
	}
}

func TestPacketizingDoesNotChangeTheAccessUnit(t *testing.T) {
	data := annexB(nal(0x67, 20), nal(0x65, 10_000))
	before := bytes.Clone(data)
	f := packetize(h264.AccessUnit{Data: data}, 0)
	for _, payload := range f.payloads {
		_ = append(payload, 0xff)
	}
	if !bytes.Equal(data, before) {
		t.Fatal("it was changed")
	}
}

func BenchmarkPacketize(b *testing.B) {
	au := h264.AccessUnit{Data: annexB(nal(0x41, 8000))}
	b.ReportAllocs()
	for range b.N {
		packetize(au, 0)
	}
}
