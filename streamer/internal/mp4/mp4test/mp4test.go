// Package mp4test makes real video for tests and asks ffprobe and ffmpeg what they think of a file.
package mp4test

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"hash/crc32"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"petcam/streamer/internal/h264"
)

// Clip returns access units of real video that loops each two seconds: 30 frames/s from firstNS on, a keyframe each
// second, an access unit delimiter in each. profile is x264's. It skips the test where there is no ffmpeg.
func Clip(t testing.TB, profile string, width, height, frames int, firstNS uint64) []h264.AccessUnit {
	t.Helper()
	return ClipWith(t, "aud=1", profile, width, height, frames, firstNS)
}

// ClipWith is Clip with further parameters of x264; aud=1 must be one of them.
func ClipWith(t testing.TB, params, profile string, width, height, frames int, firstNS uint64) []h264.AccessUnit {
	t.Helper()
	need(t, "ffmpeg")
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", fmt.Sprintf("testsrc2=rate=30:size=%dx%d", width, height),
		"-frames:v", "60", "-c:v", "libx264", "-preset", "superfast", "-profile:v", profile, "-pix_fmt", "yuv420p", "-bf", "0",
		"-g", "30", "-sc_threshold", "0", "-x264-params", params, "-f", "h264", "-").Output()
	if err != nil {
		t.Fatalf("ffmpeg makes no clip: %v", err)
	}
	delimiter := []byte{0, 0, 0, 1, 9}
	pictures := bytes.Split(out, delimiter)[1:]
	for i := range pictures {
		pictures[i] = slices.Concat(delimiter, pictures[i])
	}
	units := make([]h264.AccessUnit, frames)
	for i := range units {
		data := pictures[i%len(pictures)]
		units[i] = h264.AccessUnit{
			Epoch: 1, Record: uint64(i), FrameNumber: uint64(i), CaptureNS: firstNS + uint64(i)*1e9/30,
			Keyframe: h264.IsKeyframe(data), Width: width, Height: height, Data: data,
		}
	}
	return units
}

// Packet is a sample as ffprobe sees it.
type Packet struct {
	Ticks int64 // of 1/90000 s
	Size  int
	Key   bool
	CRC   uint32 // of the sample's bytes
}

// Packets lists the samples of a file. A single word of complaint fails the test; without ffprobe it is skipped.
func Packets(t testing.TB, path string) []Packet {
	t.Helper()
	out := quiet(t, "ffprobe", "-v", "warning", "-select_streams", "v", "-show_data_hash", "crc32",
		"-show_entries", "packet=pts,size,flags,data_hash", "-of", "csv=p=0", path)
	rows, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	packets := make([]Packet, len(rows))
	for i, row := range rows {
		ticks, err1 := strconv.ParseInt(row[0], 10, 64)
		size, err2 := strconv.Atoi(row[1])
		crc, err3 := strconv.ParseUint(strings.TrimPrefix(row[3], "CRC32:"), 16, 32)
		if err1 != nil || err2 != nil || err3 != nil {
			t.Fatalf("ffprobe says %v", row)
		}
		packets[i] = Packet{ticks, size, strings.HasPrefix(row[2], "K"), uint32(crc)}
	}
	return packets
}

// Note is a sample of the metadata as ffprobe sees it.
type Note struct {
	Ticks int64 // of 1/90000 s
	CRC   uint32
}

// NoteOf is what a sample is to become.
func NoteOf(ticks int64, sample string) Note { return Note{ticks, crc32.ChecksumIEEE([]byte(sample))} }

// Notes lists the samples of a file's metadata, as Packets does those of its video.
func Notes(t testing.TB, path string) []Note {
	t.Helper()
	out := quiet(t, "ffprobe", "-v", "warning", "-select_streams", "d", "-show_data_hash", "crc32",
		"-show_entries", "packet=pts,data_hash", "-of", "csv=p=0", path)
	var notes []Note
	for line := range strings.Lines(string(out)) {
		var note Note
		if _, err := fmt.Sscanf(line, "%d,CRC32:%x", &note.Ticks, &note.CRC); err != nil {
			t.Fatalf("ffprobe says %q", line)
		}
		notes = append(notes, note)
	}
	return notes
}

// Expect returns the packets that the access units are to become in one file.
func Expect(units []h264.AccessUnit) []Packet {
	packets := make([]Packet, len(units))
	for i, au := range units {
		var sample []byte
		for nal := range h264.NALs(au.Data) {
			if t := h264.TypeOf(nal); t == h264.NALSPS || t == h264.NALPPS || t == h264.NALDelimiter {
				continue
			}
			sample = binary.BigEndian.AppendUint32(sample, uint32(len(nal)))
			sample = append(sample, nal...)
		}
		ticks := int64(au.CaptureNS-units[0].CaptureNS) * 9 / 100_000
		packets[i] = Packet{ticks, len(sample), au.Keyframe, crc32.ChecksumIEEE(sample)}
	}
	return packets
}

// Plays decodes the whole file; a single word of complaint fails the test. Without ffmpeg it is skipped.
func Plays(t testing.TB, path string) {
	t.Helper()
	quiet(t, "ffmpeg", "-v", "warning", "-xerror", "-i", path,
		"-fps_mode", "passthrough", "-enc_time_base", "1:90000", "-f", "null", "-")
}

// Without gives an access unit without the NAL units of some types.
func Without(au h264.AccessUnit, types ...h264.NALType) h264.AccessUnit {
	var kept []byte
	for nal := range h264.NALs(au.Data) {
		if !slices.Contains(types, h264.TypeOf(nal)) {
			kept = append(append(kept, 0, 0, 0, 1), nal...)
		}
	}
	au.Data = kept
	return au
}

// Boxes lists the types of the boxes at top level.
func Boxes(t testing.TB, path string) []string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var kinds []string
	header := make([]byte, 16)
	for at := int64(0); ; {
		n, _ := file.ReadAt(header, at)
		if n < 8 {
			return kinds
		}
		kinds = append(kinds, string(header[4:8]))
		size := int64(binary.BigEndian.Uint32(header))
		if size == 1 {
			size = int64(binary.BigEndian.Uint64(header[8:]))
		}
		if size < 8 {
			t.Fatalf("box %d has %d bytes", len(kinds), size)
		}
		at += size
	}
}

// noDecoder is what ffprobe says of every track that is neither pictures nor sound, such as the boxes.
const noDecoder = "Unsupported codec with id 0 for input stream 1\n"

// insecureMemory is what a library of ffmpeg's says where no memory may be locked, as in a container.
const insecureMemory = "Warning: using insecure memory!\n"

// quiet runs a program that must succeed and say nothing on stderr but these, and returns its output.
func quiet(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	need(t, name)
	cmd := exec.Command(name, args...)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	said := strings.Replace(complaints.String(), noDecoder, "", 1)
	if said = strings.TrimPrefix(said, insecureMemory); err != nil || said != "" {
		t.Errorf("%s: %v: %s", name, err, said)
	}
	return out
}

func need(t testing.TB, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skip("needs " + program)
	}
}
