package mp4_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/mp4"
	"petcam/streamer/internal/mp4/mp4test"
)

// memory is a file that remembers what it was after each step, and after the last Sync.
type memory struct {
	b       []byte
	history [][]byte // after each change, and in the middle of each write
	synced  []byte
	limit   int // bytes; 0: none
}

func (m *memory) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off > int64(len(m.b)) {
		return 0, io.EOF
	}
	n := copy(p, m.b[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (m *memory) WriteAt(p []byte, off int64) (int, error) {
	for _, n := range []int{len(p) / 2, len(p)} {
		if m.limit > 0 && int(off)+n > m.limit {
			return len(p) / 2, syscall.ENOSPC
		}
		// A header of 16 bytes lies in one sector: it is written, or it is not.
		if n == 8 && len(p) == 16 {
			continue
		}
		m.b = append(m.b, make([]byte, max(0, int(off)+n-len(m.b)))...)
		copy(m.b[off:], p[:n])
		m.history = append(m.history, bytes.Clone(m.b))
	}
	return len(p), nil
}

func (m *memory) Truncate(size int64) error {
	m.b = m.b[:size]
	return nil
}

func (m *memory) Sync() error {
	m.synced = bytes.Clone(m.b)
	return nil
}

// save writes bytes to a file for ffprobe.
func save(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cut.mp4")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAFileCutInAnyFinishingStepPlaysAndIsRecoveredAlike(t *testing.T) {
	units := unevenly(mp4test.Clip(t, "baseline", 160, 120, 40, 1e12))
	file := &memory{}
	w := begin(t, file, units)
	file.history = [][]byte{bytes.Clone(file.b)}
	if _, err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	if len(file.history) != 4 {
		t.Fatalf("%d states, want 4: grown, half a table, a table, swapped", len(file.history))
	}
	want := mp4test.Expect(units)
	for _, state := range file.history {
		path := save(t, state)
		samePackets(t, mp4test.Packets(t, path), want)
		mp4test.Plays(t, path)

		again := &memory{b: bytes.Clone(state)}
		recovered, err := mp4.Recover(again, int64(len(state)))
		if err != nil || recovered.Samples != len(units) || recovered.Size != int64(len(file.b)) {
			t.Errorf("Recover gives %+v, %v", recovered, err)
		}
		if !bytes.Equal(again.b, file.b) {
			t.Error("the recovered file differs from the finished one")
		}
	}
}

func TestAFileCutAnywhereKeepsEveryWholeSample(t *testing.T) {
	units := unevenly(mp4test.Clip(t, "baseline", 160, 120, 40, 1e12))
	file := &memory{}
	ends := make([]int64, len(units)) // of each sample
	w := begin(t, file, units[:1])
	head := w.Size()
	for i := range units {
		if i > 0 {
			if err := add(w, units[i], units[0].CaptureNS); err != nil {
				t.Fatal(err)
			}
		}
		ends[i] = w.Size()
	}
	random := rand.New(rand.NewPCG(3, 4))
	cuts := slices.Concat([]int64{0, 1, 40, head - 1, head}, ends)
	for range 200 {
		cuts = append(cuts, random.Int64N(w.Size()))
	}
	for _, cut := range cuts {
		whole, _ := slices.BinarySearch(ends, cut+1)
		again := &memory{b: bytes.Clone(file.b[:cut])}
		recovered, err := mp4.Recover(again, cut)
		if whole == 0 && errors.Is(err, mp4.ErrEmpty) {
			continue
		}
		if err != nil || recovered.Samples != whole {
			t.Fatalf("cut at %d: %+v, %v; want %d samples", cut, recovered, err, whole)
		}
		if cut%16 == 0 {
			samePackets(t, mp4test.Packets(t, save(t, again.b)), mp4test.Expect(units)[:whole])
		}
	}
}

func TestPagesOfZerosAreNotTakenForVideo(t *testing.T) {
	units := mp4test.Clip(t, "baseline", 160, 120, 40, 1e12)
	file := &memory{}
	w := begin(t, file, units[:30])
	for i, au := range units[30:] {
		whole := w.Size()
		if err := add(w, au, units[0].CaptureNS); err != nil {
			t.Fatal(err)
		}
		for _, lost := range []int64{0, 50, 108, 111} { // of the last pair: all, its half, its sample, the sample's most
			again := &memory{b: bytes.Clone(file.b)}
			clear(again.b[whole+lost:])
			if recovered, err := mp4.Recover(again, int64(len(again.b))); err != nil || recovered.Samples != 30+i {
				t.Errorf("zeros in pair %d from %d on: %+v, %v", 31+i, lost, recovered, err)
			}
		}
	}
}

func TestNewestSamplesAreDroppedToMakeRoomForTheTable(t *testing.T) {
	units := mp4test.Clip(t, "baseline", 160, 120, 300, 1e12)
	file := &memory{}
	w := begin(t, file, units)
	file.limit = int(w.Size()) + 100
	size, err := w.Finish()
	if err != nil {
		t.Fatal(err)
	}
	path := save(t, file.b)
	n := w.Samples()
	if n >= len(units) || n < len(units)/2 || size > int64(file.limit) {
		t.Errorf("%d of %d samples stay, %d bytes of %d", n, len(units), size, file.limit)
	}
	samePackets(t, mp4test.Packets(t, path), mp4test.Expect(units)[:n])
	mp4test.Plays(t, path)
}

func TestAFileWithoutASampleThatTheDiskHasNoRoomForIsNotFinished(t *testing.T) {
	file := &memory{}
	sps, pps := setsOf(mp4test.Clip(t, "baseline", 160, 120, 1, 1e12)[0].Data)
	w, err := mp4.Create(file, mp4.Track{Width: 160, Height: 120, SPS: [][]byte{sps}, PPS: [][]byte{pps}})
	if err != nil {
		t.Fatal(err)
	}
	file.limit = len(file.b)
	if _, err := w.Finish(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("error is %v", err)
	}
}

func TestAFailedWriteLeavesTheFileAsItWas(t *testing.T) {
	units := mp4test.Clip(t, "baseline", 160, 120, 31, 1e12)
	file := &memory{}
	w := begin(t, file, units[:30])
	before := bytes.Clone(file.b)
	file.limit = len(before) + 60
	if err := add(w, units[30], units[0].CaptureNS); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("error is %v", err)
	}
	if !bytes.Equal(file.b, before) || w.Samples() != 30 {
		t.Error("something of the sample stays")
	}
	file.limit = 0
	if err := add(w, units[30], units[0].CaptureNS); err != nil {
		t.Fatal(err)
	}
	samePackets(t, mp4test.Packets(t, save(t, file.b)), mp4test.Expect(units))
}

func TestFilesOfOthersAreRefused(t *testing.T) {
	for name, content := range map[string]string{
		"text":      strings.Repeat("not a movie ", 100),
		"other mp4": "\x00\x00\x00\x14ftypmp42\x00\x00\x00\x00mp42" + strings.Repeat("\x00\x00\x00\x08free", 20),
	} {
		file := &memory{b: []byte(content)}
		if _, err := mp4.Recover(file, int64(len(content))); !errors.Is(err, mp4.ErrForeign) {
			t.Errorf("%s: error is %v", name, err)
		}
		if string(file.b) != content {
			t.Errorf("%s was changed", name)
		}
	}
}

func FuzzRecover(f *testing.F) {
	sps, pps := []byte("\x67\x42\xc0\x1f\xd9\x00\x50\x05\xbb\x01\x10"), []byte("\x68\xcb\x83\xcb\x20")
	file := &memory{}
	w, err := mp4.Create(file, mp4.Track{Width: 16, Height: 16, SPS: [][]byte{sps}, PPS: [][]byte{pps}})
	if err != nil {
		f.Fatal(err)
	}
	for i := range 3 {
		w.Begin()
		w.Add([]byte{0x65, 1, 2, 3})
		if err := w.End(33e6, i == 0); err != nil {
			f.Fatal(err)
		}
		if _, err := w.AddMetadata(1e6*time.Duration(i), []byte(`[["cat",0.5,1,2,3,4]]`)); err != nil {
			f.Fatal(err)
		}
	}
	f.Add(bytes.Clone(file.b), 0, byte(0))
	if _, err := w.Finish(); err != nil {
		f.Fatal(err)
	}
	f.Add(bytes.Clone(file.b), 50, byte(9))
	f.Fuzz(func(t *testing.T, b []byte, at int, to byte) {
		if len(b) > 0 {
			b[uint(at)%uint(len(b))] = to
		}
		once := &memory{b: bytes.Clone(b)}
		recovered, err := mp4.Recover(once, int64(len(b)))
		if err != nil {
			return
		}
		again, err := mp4.Recover(once, int64(len(once.b)))
		if err != nil || again != recovered {
			t.Errorf("recovered %+v, then %+v, %v", recovered, again, err)
		}
	})
}

// discard is a file that keeps nothing.
type discard struct{}

func (discard) ReadAt([]byte, int64) (int, error)      { return 0, io.EOF }
func (discard) WriteAt(p []byte, _ int64) (int, error) { return len(p), nil }
func (discard) Truncate(int64) error                   { return nil }
func (discard) Sync() error                            { return nil }

func TestWritingASampleAllocatesNothing(t *testing.T) {
	unit := h264.AccessUnit{Data: bytes.Repeat([]byte("\x00\x00\x00\x01\x41payload"), 100)}
	w, err := mp4.Create(discard{}, mp4.Track{SPS: [][]byte{{0x67, 66, 0, 31}}, PPS: [][]byte{{0x68}}})
	if err != nil {
		t.Fatal(err)
	}
	if allocations := testing.AllocsPerRun(5000, func() {
		unit.CaptureNS += 33e6
		if err := add(w, unit, 0); err != nil {
			t.Fatal(err)
		}
	}); allocations != 0 {
		t.Errorf("%v allocations for each sample", allocations)
	}
}
