package mp4_test

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/mp4"
	"petcam/streamer/internal/mp4/mp4test"
)

// setsOf gives the SPS and the PPS of a keyframe.
func setsOf(data []byte) (sps, pps []byte) {
	for nal := range h264.NALs(data) {
		switch h264.TypeOf(nal) {
		case h264.NALSPS:
			sps = nal
		case h264.NALPPS:
			pps = nal
		}
	}
	return sps, pps
}

// begin makes a file with the access units in it.
func begin(t testing.TB, file mp4.File, units []h264.AccessUnit) *mp4.Writer {
	t.Helper()
	sps, pps := setsOf(units[0].Data)
	w, err := mp4.Create(file, mp4.Track{
		Width: units[0].Width, Height: units[0].Height, SPS: [][]byte{sps}, PPS: [][]byte{pps},
		Start: time.Date(2026, 11, 23, 20, 15, 0, 0, time.UTC),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, au := range units {
		if err := add(w, au, units[0].CaptureNS); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func add(w *mp4.Writer, au h264.AccessUnit, firstNS uint64) error {
	w.Begin()
	for nal := range h264.NALs(au.Data) {
		switch h264.TypeOf(nal) {
		case h264.NALSPS, h264.NALPPS, h264.NALDelimiter:
		default:
			w.Add(nal)
		}
	}
	return w.End(time.Duration(au.CaptureNS-firstNS), au.Keyframe)
}

func create(t testing.TB) *os.File {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "x.mp4"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

// unevenly spreads the captures as a camera in the dark does.
func unevenly(units []h264.AccessUnit) []h264.AccessUnit {
	random := rand.New(rand.NewPCG(1, 2))
	for i := range units[1:] {
		units[i+1].CaptureNS = units[i].CaptureNS + 1 + random.Uint64N(200e6)
	}
	return units
}

func TestAFinishedFileIsAnOrdinaryMP4(t *testing.T) {
	for _, profile := range []string{"baseline", "main", "high"} {
		t.Run(profile, func(t *testing.T) {
			units := unevenly(mp4test.Clip(t, profile, 160, 120, 150, 1e12))
			file := create(t)
			w := begin(t, file, units)
			size, err := w.Finish()
			if err != nil {
				t.Fatal(err)
			}
			if info, _ := file.Stat(); info.Size() != size {
				t.Errorf("Finish says %d bytes, the file has %d", size, info.Size())
			}
			if boxes := mp4test.Boxes(t, file.Name()); !slices.Equal(boxes, []string{"ftyp", "mdat", "moov"}) {
				t.Errorf("boxes are %v", boxes)
			}
			samePackets(t, mp4test.Packets(t, file.Name()), mp4test.Expect(units))
			mp4test.Plays(t, file.Name())
		})
	}
}

func TestHighProfileConfigurationHasChromaFormatAndBitDepth(t *testing.T) {
	units := mp4test.Clip(t, "high", 160, 120, 1, 1e12)
	file := &memory{}
	begin(t, file, units)
	_, pps := setsOf(units[0].Data)
	_, after, found := bytes.Cut(file.b, append([]byte{1, 0, byte(len(pps))}, pps...))
	if want := []byte{0xfc | 1, 0xf8, 0xf8, 0}; !found || !bytes.HasPrefix(after, want) { // 4:2:0, 8 bits, 8 bits
		t.Errorf("avcC ends with % x, want % x", after[:4], want)
	}
}

func TestAGrowingFilePlaysAtAnyMoment(t *testing.T) {
	units := unevenly(mp4test.Clip(t, "baseline", 160, 120, 70, 1e12))
	for _, n := range []int{1, 2, 31, 70} {
		file := create(t)
		begin(t, file, units[:n])
		samePackets(t, mp4test.Packets(t, file.Name()), mp4test.Expect(units[:n]))
		mp4test.Plays(t, file.Name())
	}
}

func samePackets(t *testing.T, got, want []mp4test.Packet) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d packets, want %d", len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			t.Fatalf("packet %d is %+v, want %+v", i, got[i], want[i])
		}
	}
}
