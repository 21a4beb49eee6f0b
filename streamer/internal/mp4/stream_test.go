package mp4_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"petcam/streamer/internal/mp4"
	"petcam/streamer/internal/mp4/mp4test"
)

// Browsers that are given a stream piece by piece take a picture that begins over two durations late for a break, and wait
// for a keyframe: a duration that is guessed would do.
func TestAStreamSaysHowLongEachPictureIsShown(t *testing.T) {
	stream, head, err := mp4.NewStream(mp4.Track{
		Width: 320, Height: 240, SPS: [][]byte{{0x67, 66, 0, 31}}, PPS: [][]byte{{0x68, 1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	at := []uint64{0, 3000, 3001, 40_000, 43_000}
	var got []byte
	for i, ticks := range at {
		stream.Begin()
		stream.Add([]byte{0x65, byte(i)})
		got = append(got, stream.End(ticks, i == 0)...)
	}
	got = append(got, stream.Last()...)
	var times, durations []uint64
	for rest := got; ; {
		i := bytes.Index(rest, []byte("tfdt"))
		if i < 0 {
			break
		}
		times = append(times, binary.BigEndian.Uint64(rest[i+8:]))
		rest = rest[i+4:]
		durations = append(durations, uint64(binary.BigEndian.Uint32(rest[bytes.Index(rest, []byte("trun"))+16:])))
	}
	if !slices.Equal(times, at) || !slices.Equal(durations, []uint64{3000, 1, 36_999, 3000, 3000}) {
		t.Errorf("times are %v, durations %v", times, durations)
	}
	path := filepath.Join(t.TempDir(), "x.mp4")
	if err := os.WriteFile(path, append(head, got...), 0o600); err != nil {
		t.Fatal(err)
	}
	want := []string{"ftyp", "moov"}
	for range at {
		want = append(want, "moof", "mdat")
	}
	if boxes := mp4test.Boxes(t, path); !slices.Equal(boxes, want) {
		t.Errorf("boxes are %v", boxes)
	}
}

func TestTimeOfAStreamRises(t *testing.T) {
	stream, _, err := mp4.NewStream(mp4.Track{SPS: [][]byte{{0x67, 66, 0, 31}}, PPS: [][]byte{{0x68, 1}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, ticks := range []uint64{0, 0, 0} {
		stream.Begin()
		stream.Add([]byte{0x65})
		stream.End(ticks, true)
	}
	if last := stream.Last(); binary.BigEndian.Uint64(last[60:]) != 2 {
		t.Errorf("the third is at %d", binary.BigEndian.Uint64(last[60:]))
	}
}
