package mp4test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os/exec"
	"strings"
	"testing"
)

// Opus returns packets of 20 ms of real sound that loops each two seconds: mono, a tone that comes and goes. It skips the
// test where there is no ffmpeg.
func Opus(t testing.TB, channels, packets int) [][]byte {
	t.Helper()
	need(t, "ffmpeg")
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=frequency=440:beep_factor=4:sample_rate=48000",
		"-t", "2", "-ac", fmt.Sprint(channels), "-c:a", "libopus", "-b:a", "32k", "-frame_duration", "20", "-f", "ogg", "-").Output()
	if err != nil {
		t.Fatalf("ffmpeg makes no sound: %v", err)
	}
	loop := oggPackets(out)[2:102] // behind the heads
	all := make([][]byte, packets)
	for i := range all {
		all[i] = loop[i%len(loop)]
	}
	return all
}

// oggPackets takes packets out of an Ogg stream.
func oggPackets(b []byte) (packets [][]byte) {
	var packet []byte
	for len(b) >= 27 {
		lacing := b[27 : 27+int(b[26])]
		b = b[27+len(lacing):]
		for _, n := range lacing {
			packet = append(packet, b[:n]...)
			if b = b[n:]; n < 255 {
				packets, packet = append(packets, packet), nil
			}
		}
	}
	return packets
}

// Sound is a packet of sound as ffprobe sees it.
type Sound struct {
	Ticks int64 // of 1/48000 s
	CRC   uint32
}

// SoundsOf is what packets of 20 ms are to become that follow each other from the first picture on.
func SoundsOf(packets [][]byte) []Sound {
	sounds := make([]Sound, len(packets))
	for i, packet := range packets {
		sounds[i] = Sound{960 * int64(i), crc32.ChecksumIEEE(packet)}
	}
	return sounds
}

// Sounds lists the packets of a file's sound, as Packets does those of its video.
func Sounds(t testing.TB, path string) (sounds []Sound) {
	t.Helper()
	out := quiet(t, "ffprobe", "-v", "warning", "-select_streams", "a", "-show_data_hash", "crc32",
		"-show_entries", "packet=pts,data_hash", "-of", "csv=p=0", path)
	for line := range strings.Lines(string(out)) {
		var sound Sound
		if _, err := fmt.Sscanf(line, "%d,CRC32:%x", &sound.Ticks, &sound.CRC); err != nil {
			t.Fatalf("ffprobe says %q", line)
		}
		sounds = append(sounds, sound)
	}
	return sounds
}

// Samples decodes the sound of a file to 48 kHz mono; a single word of complaint fails the test.
func Samples(t testing.TB, path string) []int16 {
	t.Helper()
	out := quiet(t, "ffmpeg", "-v", "warning", "-xerror", "-i", path, "-map", "0:a", "-ac", "1", "-ar", "48000", "-f", "s16le", "-")
	samples := make([]int16, len(out)/2)
	if err := binary.Read(bytes.NewReader(out), binary.LittleEndian, samples); err != nil {
		t.Fatal(err)
	}
	return samples
}
