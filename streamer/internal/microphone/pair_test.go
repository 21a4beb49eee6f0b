package microphone

import (
	"bytes"
	"testing"

	"petcam/streamer/internal/sound"
)

// opusOf is a packet of one frame of mono hybrid sound of 20 ms, with so many bytes.
func opusOf(size int) []byte {
	data := bytes.Repeat([]byte{byte(size)}, size+1)
	data[0] = 15 << 3
	return data
}

func TestTwoPacketsBecomeOneThatSoundsAsLong(t *testing.T) {
	for _, sizes := range [][2]int{{60, 60}, {60, 81}, {0, 0}, {0, 5}, {251, 3}, {252, 4}, {255, 4}, {1000, 150}} {
		a, b := opusOf(sizes[0]), opusOf(sizes[1])
		both, fit := pair(nil, a, b)
		if !fit || sound.Samples(both) != 2*sound.PacketSamples {
			t.Fatalf("%v: %v, %d samples", sizes, fit, sound.Samples(both))
		}
		first, second := framesOf(both)
		if !bytes.Equal(first, a[1:]) || !bytes.Equal(second, b[1:]) {
			t.Errorf("%v: the frames have %d and %d bytes", sizes, len(first), len(second))
		}
	}
}

// framesOf reads a packet of two frames as RFC 6716, 3.2.3 and 3.2.4 have it.
func framesOf(packet []byte) (first, second []byte) {
	rest := packet[1:]
	if packet[0]&3 == 1 {
		return rest[:len(rest)/2], rest[len(rest)/2:]
	}
	length, rest := int(rest[0]), rest[1:]
	if length >= 252 {
		length, rest = length+4*int(rest[0]), rest[1:]
	}
	return rest[:length], rest[length:]
}

func TestPacketsThatCannotBeOneStayTwo(t *testing.T) {
	stereo, twoFrames := opusOf(60), opusOf(60)
	stereo[0] |= 4
	twoFrames[0] |= 1
	for name, packets := range map[string][2][]byte{
		"mono and stereo":     {opusOf(60), stereo},
		"two frames in each":  {twoFrames, twoFrames},
		"together too long":   {opusOf(600), opusOf(600)},
		"nothing":             {nil, opusOf(60)},
		"silence of all kind": {opusOf(60), sound.Silence},
	} {
		if got, fit := pair([]byte{1}, packets[0], packets[1]); fit || len(got) != 1 {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestPairsAreHeardAsOnePacketUnlessSomethingIsMissingBetween(t *testing.T) {
	m, from, _ := room(t)
	listener := make(ear, 9)
	defer m.Listen(listener)()
	expect := func(afterMS, samples int, first bool) {
		t.Helper()
		got := listener.next(t)
		if got.Timestamp-beginning != uint32(48*afterMS) || sound.Samples(got.Data) != samples || got.First != first {
			t.Errorf("%d samples at %d ms, %v", sound.Samples(got.Data), (got.Timestamp-beginning)/48, got.First)
		}
	}
	from.packets <- packetAt(0)
	from.packets <- packetAt(20)
	expect(0, 1920, true)
	from.packets <- packetAt(40)
	from.packets <- packetAt(60)
	expect(40, 1920, false)
	from.packets <- packetAt(80)
	from.packets <- packetAt(200)
	expect(80, 960, false)
	expect(200, 960, true)
	from.packets <- packetAt(220) // and nothing follows
	expect(220, 960, false)
}
