package record

import (
	"bytes"
	"encoding/binary"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/mp4/mp4test"
	"petcam/streamer/internal/sound"
)

const packetNS = sound.PacketNS

// fakeSound is a microphone's shared memory that forgets nothing, and a reader of it.
type fakeSound struct {
	mu      sync.Mutex
	packets []sound.Packet
	opened  int
	closed  int
}

func (f *fakeSound) publish(packets ...sound.Packet) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.packets = append(f.packets, packets...)
}

// open gives a reader of its own.
func (f *fakeSound) open() Sound {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opened++
	return &fakeSoundReader{of: f}
}

type fakeSoundReader struct {
	of   *fakeSound
	next int
}

func (r *fakeSoundReader) Poll(to *sound.Packet) bool {
	r.of.mu.Lock()
	defer r.of.mu.Unlock()
	if r.next >= len(r.of.packets) {
		return false
	}
	data := append(to.Data[:0], r.of.packets[r.next].Data...)
	*to = r.of.packets[r.next]
	to.Data = data
	r.next++
	return true
}

func (r *fakeSoundReader) Close() {
	r.of.mu.Lock()
	defer r.of.mu.Unlock()
	r.of.closed++
}

// heard are packets that say when they were captured, one behind the other from a moment on.
func heard(fromNS uint64, count int) []sound.Packet {
	packets := make([]sound.Packet, count)
	for i := range packets {
		data := binary.BigEndian.AppendUint64([]byte{0xf8}, fromNS+uint64(i)*packetNS)
		packets[i] = sound.Packet{Epoch: 1, Record: uint64(i), CaptureNS: fromNS + uint64(i)*packetNS, Samples: 960, Data: data}
	}
	return packets
}

// of gives the packets' bytes.
func of(packets []sound.Packet) (data [][]byte) {
	for _, packet := range packets {
		data = append(data, packet.Data)
	}
	return data
}

// silent are so many packets of silence.
func silent(count int) [][]byte { return slices.Repeat([][]byte{sound.Silence}, count) }

func newSoundHarness(t *testing.T, change func(*Options)) (*harness, *fakeSound) {
	heard := &fakeSound{}
	return newHarness(t, func(o *Options) {
		o.Sound = heard.open
		if change != nil {
			change(o)
		}
	}), heard
}

// runsForLong has it know that sound was on all the time before.
func (h *harness) runsForLong() {
	h.soundSwitch.mu.Lock()
	defer h.soundSwitch.mu.Unlock()
	h.soundSwitch.from = 0
}

// holdsSound checks that the file has these access units and these packets, the first at 0.
func (h *harness) holdsSound(name string, units []h264.AccessUnit, packets ...[][]byte) {
	h.t.Helper()
	h.holds(name, units)
	got, want := mp4test.Sounds(h.t, h.path(name)), mp4test.SoundsOf(slices.Concat(packets...))
	if slices.Equal(got, want) {
		return
	}
	first := 0
	for first < min(len(got), len(want)) && got[first] == want[first] {
		first++
	}
	h.t.Errorf("%s has %d packets of sound, want %d; the first that differs is %d", name, len(got), len(want), first)
}

// lasts is how many packets end with the video of so many pictures.
func lasts(units []h264.AccessUnit) int {
	first, last := units[0].CaptureNS, units[len(units)-1].CaptureNS
	ticks := func(ns uint64) uint64 { return (ns - first) * 9 / 100_000 }
	end := ticks(last) + 3000
	if len(units) > 1 {
		end = 2*ticks(last) - ticks(units[len(units)-2].CaptureNS)
	}
	return int((end + 900) / 1800) // the last one may be half behind it
}

type soundAt struct {
	at   time.Duration
	data []byte
}

// soundsOf walks the pairs of a file, without its table.
func soundsOf(t *testing.T, path string) (sounds []soundAt) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rest := content[bytes.Index(content, []byte("moof"))-4:]
	for len(rest) > 108 && string(rest[4:8]) == "moof" {
		size := binary.BigEndian.Uint32(rest[92:])
		if binary.BigEndian.Uint32(rest[44:]) == 3 {
			at := time.Duration(binary.BigEndian.Uint64(rest[60:])) * time.Second / sound.Rate
			sounds = append(sounds, soundAt{at, rest[108 : 108+size]})
		}
		rest = rest[108+size:]
	}
	return sounds
}
