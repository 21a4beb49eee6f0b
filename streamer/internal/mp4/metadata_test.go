package mp4_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/mp4"
	"petcam/streamer/internal/mp4/mp4test"
)

// noted is what stands in a file, and where each of its pairs ends.
type noted struct {
	units    []h264.AccessUnit
	notes    []mp4test.Note // one behind the other
	behind   []int          // how many pictures stand before each
	pairEnds []int64
	isNote   []bool // of each pair
}

// whole gives how many pictures and notes are whole in a file that is cut there.
func (n *noted) whole(cut int64) (pictures, notes int) {
	for i, end := range n.pairEnds {
		if end > cut {
			break
		}
		if n.isNote[i] {
			notes++
		} else {
			pictures++
		}
	}
	return pictures, notes
}

// beginNoted makes a file of pictures, and between them notes on those before.
func beginNoted(t testing.TB, file mp4.File, units []h264.AccessUnit) (*mp4.Writer, *noted) {
	t.Helper()
	random := rand.New(rand.NewPCG(5, 6))
	made := &noted{units: units}
	w := begin(t, file, units[:1])
	made.pairEnds, made.isNote = []int64{w.Size()}, []bool{false}
	noted := 0 // pictures
	for i, au := range units[1:] {
		if err := add(w, au, units[0].CaptureNS); err != nil {
			t.Fatal(err)
		}
		made.pairEnds, made.isNote = append(made.pairEnds, w.Size()), append(made.isNote, false)
		for noted+3 < i { // they come three pictures late, and often two at once
			noted += 1 + random.IntN(4)
			at := units[min(noted, i)].CaptureNS - units[0].CaptureNS
			sample := fmt.Sprintf(`[["cat",0.%d,%d,2,3,4]]`, 10+noted%90, noted)
			added, err := w.AddMetadata(time.Duration(at), []byte(sample))
			if err != nil {
				t.Fatal(err)
			}
			if !added {
				continue
			}
			made.notes = append(made.notes, mp4test.NoteOf(int64(at)*9/100_000, sample))
			made.behind = append(made.behind, i+2)
			made.pairEnds, made.isNote = append(made.pairEnds, w.Size()), append(made.isNote, true)
		}
	}
	if len(made.notes) < len(units)/5 {
		t.Fatalf("%d notes on %d pictures", len(made.notes), len(units))
	}
	return w, made
}

// holdsNoted checks that a file has so many of the pictures and notes, and plays.
func holdsNoted(t *testing.T, path string, made *noted, pictures, notes int) {
	t.Helper()
	samePackets(t, mp4test.Packets(t, path), mp4test.Expect(made.units)[:pictures])
	if got := mp4test.Notes(t, path); !slices.Equal(got, made.notes[:notes]) {
		t.Errorf("notes are %v, want %v", got, made.notes[:notes])
	}
	mp4test.Plays(t, path)
}

func TestMetadataIsASecondTrackWhoseTimesAreThoseOfThePictures(t *testing.T) {
	units := unevenly(mp4test.Clip(t, "baseline", 160, 120, 150, 1e12))
	file := create(t)
	w, made := beginNoted(t, file, units)
	holdsNoted(t, file.Name(), made, len(units), len(made.notes)) // while it grows
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
	holdsNoted(t, file.Name(), made, len(units), len(made.notes))
	if made.notes[0].Ticks == 0 {
		t.Error("the first note is at 0: the empty edit is not tried")
	}
}

func TestFFprobeKnowsTheSecondTrackAsMetadataOfTheSameLength(t *testing.T) {
	units := mp4test.Clip(t, "baseline", 160, 120, 90, 1e12)
	file := create(t)
	w, _ := beginNoted(t, file, units)
	if _, err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("ffprobe", "-v", "error", "-show_entries", "stream=codec_type,codec_tag_string,duration_ts,start_pts"+
		":format=duration", "-of", "csv=p=0", file.Name()).Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(out))
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "video,avc1,0,") || !strings.HasPrefix(lines[1], "data,mett,") {
		t.Errorf("ffprobe says %q", lines)
	}
	if want := fmt.Sprintf("%.6f", w.Duration().Seconds()); lines[2] != want {
		t.Errorf("the whole lasts %s s, the video %s", lines[2], want)
	}
}

func TestAFileWithMetadataCutInAnyFinishingStepPlaysAndIsRecoveredAlike(t *testing.T) {
	units := unevenly(mp4test.Clip(t, "baseline", 160, 120, 40, 1e12))
	file := &memory{}
	w, made := beginNoted(t, file, units)
	file.history = [][]byte{bytes.Clone(file.b)}
	if _, err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	for _, state := range file.history {
		holdsNoted(t, save(t, state), made, len(units), len(made.notes))
		again := &memory{b: bytes.Clone(state)}
		recovered, err := mp4.Recover(again, int64(len(state)))
		if err != nil || recovered.Samples != len(units) || !bytes.Equal(again.b, file.b) {
			t.Errorf("Recover gives %+v, %v, and another file than Finish", recovered, err)
		}
	}
}

func TestAFileWithMetadataCutAnywhereKeepsEveryWholeSampleOfBoth(t *testing.T) {
	units := unevenly(mp4test.Clip(t, "baseline", 160, 120, 40, 1e12))
	file := &memory{}
	w, made := beginNoted(t, file, units)
	random := rand.New(rand.NewPCG(3, 4))
	cuts := slices.Clone(made.pairEnds)
	for range 200 {
		cuts = append(cuts, made.pairEnds[0]+random.Int64N(w.Size()-made.pairEnds[0]))
	}
	for i, cut := range cuts {
		pictures, notes := made.whole(cut)
		again := &memory{b: bytes.Clone(file.b[:cut])}
		recovered, err := mp4.Recover(again, cut)
		if err != nil || recovered.Samples != pictures {
			t.Fatalf("cut at %d: %+v, %v; want %d samples", cut, recovered, err, pictures)
		}
		if i%40 == 0 {
			holdsNoted(t, save(t, again.b), made, pictures, notes)
		}
	}
}

func TestPagesOfZerosAreNotTakenForMetadata(t *testing.T) {
	units := mp4test.Clip(t, "baseline", 160, 120, 40, 1e12)
	file := &memory{}
	_, made := beginNoted(t, file, units)
	for i, end := range made.pairEnds {
		if !made.isNote[i] {
			continue
		}
		pictures, notes := made.whole(end - 1)
		for _, lost := range []int64{1, 10, end - made.pairEnds[i-1]} {
			again := &memory{b: bytes.Clone(file.b[:end])}
			clear(again.b[end-lost:])
			recovered, err := mp4.Recover(again, end)
			if err != nil || recovered.Samples != pictures {
				t.Errorf("zeros in pair %d: %+v, %v, want %d samples", i, recovered, err, pictures)
			}
			if bytes.Count(again.b, []byte(`[["cat"`)) != notes {
				t.Errorf("zeros in pair %d: another number of notes than %d", i, notes)
			}
		}
	}
}

func TestNewestSamplesOfBothMakeRoomForTheTable(t *testing.T) {
	units := mp4test.Clip(t, "baseline", 160, 120, 300, 1e12)
	for spare := range 20 {
		file := &memory{}
		w, made := beginNoted(t, file, units)
		file.limit = int(w.Size()) + 100*spare
		size, err := w.Finish()
		if err != nil {
			t.Fatal(err)
		}
		if size > int64(file.limit) || w.Samples() >= len(units) || w.Samples() < len(units)/2 {
			t.Errorf("%d samples stay, %d bytes of %d", w.Samples(), size, file.limit)
		}
		if spare%10 == 0 {
			kept := 0
			for _, behind := range made.behind {
				if behind <= w.Samples() {
					kept++
				}
			}
			got := len(mp4test.Notes(t, save(t, file.b)))
			if got > kept || got < kept-6 { // the newest of those behind the last picture may have gone with it
				t.Errorf("%d notes stay beside %d pictures, want about %d", got, w.Samples(), kept)
			}
			holdsNoted(t, save(t, file.b), made, w.Samples(), got)
		}
	}
}

func TestMetadataThatMayNotComeNextIsLeftOut(t *testing.T) {
	units := mp4test.Clip(t, "baseline", 160, 120, 10, 1e12)
	file := &memory{}
	w, err := mp4.Create(file, mp4.Track{SPS: [][]byte{{0x67, 66, 0, 31}}, PPS: [][]byte{{0x68}}})
	if err != nil {
		t.Fatal(err)
	}
	offer := func(at time.Duration, sample string) bool {
		added, err := w.AddMetadata(at, []byte(sample))
		if err != nil {
			t.Error(err)
		}
		return added
	}
	if offer(0, "[]") {
		t.Error("it was added before the first picture")
	}
	for _, au := range units {
		if err := add(w, au, 1e12); err != nil {
			t.Fatal(err)
		}
	}
	size := w.Size()
	largest := "[" + strings.Repeat(" ", mp4.MaxMetadata-2) + "]"
	for _, c := range []struct {
		at     time.Duration
		sample string
		want   bool
	}{
		{300e6 + 1e5, "[]", false}, // no picture is so new
		{100e6, "", false},
		{100e6, largest + " ", false},
		{100e6, largest, true},
		{100e6, "[]", false},
		{99e6, "[]", false},
		{100e6 + 11112, "[]", true},
	} {
		if got := offer(c.at, c.sample); got != c.want {
			t.Errorf("%d bytes at %v: added is %v", len(c.sample), c.at, got)
		}
	}
	if got := w.Size() - size; got != 2*108+mp4.MaxMetadata+2 {
		t.Errorf("the file grew by %d bytes", got)
	}
	if recovered, err := mp4.Recover(file, int64(len(file.b))); err != nil || recovered.Samples != 10 {
		t.Error(recovered, err)
	}
}

func TestMetadataBehindALongGapIsLeftOut(t *testing.T) {
	w, err := mp4.Create(discard{}, mp4.Track{SPS: [][]byte{{0x67, 66, 0, 31}}, PPS: [][]byte{{0x68}}})
	if err != nil {
		t.Fatal(err)
	}
	unit := h264.AccessUnit{Data: []byte("\x00\x00\x00\x01\x41payload")}
	for _, at := range []uint64{0, uint64(mp4.MaxMetadataGap), 2 * uint64(mp4.MaxMetadataGap)} {
		unit.CaptureNS = at
		if err := add(w, unit, 0); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		at   time.Duration
		want bool
	}{{1e9, true}, {1e9 + mp4.MaxMetadataGap + 1e6, false}, {1e9 + mp4.MaxMetadataGap, true}} {
		if added, err := w.AddMetadata(c.at, []byte("[]")); added != c.want || err != nil {
			t.Errorf("at %v: added is %v, %v", c.at, added, err)
		}
	}
}

func TestTheTableOfMetadataIsBounded(t *testing.T) {
	w, err := mp4.Create(discard{}, mp4.Track{SPS: [][]byte{{0x67, 66, 0, 31}}, PPS: [][]byte{{0x68}}})
	if err != nil {
		t.Fatal(err)
	}
	unit := h264.AccessUnit{Data: []byte("\x00\x00\x00\x01\x41payload")}
	for i := range uint64(2) {
		unit.CaptureNS = i * 3600e9
		if err := add(w, unit, 0); err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	for added := true; added; n++ {
		if added, err = w.AddMetadata(time.Duration(n)*time.Millisecond, []byte("[]")); err != nil {
			t.Fatal(err)
		}
	}
	if n-1 != 1<<20 {
		t.Errorf("%d samples were taken", n-1)
	}
	unit.CaptureNS = 3601e9
	if err := add(w, unit, 0); err != nil || w.Samples() != 3 {
		t.Error("a picture was not taken:", err)
	}
}

// faulty is a file on which the next operations fail.
type faulty struct {
	memory
	writes, truncates int // how many fail
}

func (f *faulty) WriteAt(p []byte, off int64) (int, error) {
	if f.writes > 0 {
		f.writes--
		n, _ := f.memory.WriteAt(p[:len(p)/2], off)
		return n, syscall.EIO
	}
	return f.memory.WriteAt(p, off)
}

func (f *faulty) Truncate(size int64) error {
	if f.truncates > 0 {
		f.truncates--
		return syscall.EIO
	}
	return f.memory.Truncate(size)
}

func TestMetadataThatTheDiskDoesNotTakeCostsNothingElse(t *testing.T) {
	units := mp4test.Clip(t, "baseline", 160, 120, 40, 1e12)
	large := []byte("[" + strings.Repeat("7,", 8000) + "7]") // more than some pictures take
	for _, truncates := range []int{0, 1} {
		file := &faulty{}
		w := begin(t, file, units[:20])
		file.writes, file.truncates = 1, truncates
		if added, err := w.AddMetadata(33e6, large); added || !errors.Is(err, syscall.EIO) {
			t.Fatal(added, err)
		}
		for _, au := range units[20:] {
			if err := add(w, au, 1e12); err != nil {
				t.Fatal(err)
			}
		}
		if int64(len(file.b)) != w.Size() {
			t.Errorf("the file has %d bytes, not %d", len(file.b), w.Size())
		}
		if _, err := w.Finish(); err != nil {
			t.Fatal(err)
		}
		holdsNoted(t, save(t, file.b), &noted{units: units}, 40, 0)
	}
}

func TestAFileThatEndsWithAHalfWrittenNoteIsFinished(t *testing.T) {
	units := mp4test.Clip(t, "baseline", 160, 120, 20, 1e12)
	file := &faulty{}
	w := begin(t, file, units)
	file.writes, file.truncates = 1, 1
	if _, err := w.AddMetadata(33e6, []byte("["+strings.Repeat("7,", 8000)+"7]")); err == nil {
		t.Fatal("the write did not fail")
	}
	size, err := w.Finish()
	if err != nil || size != int64(len(file.b)) {
		t.Fatalf("%d bytes of %d, %v", size, len(file.b), err)
	}
	holdsNoted(t, save(t, file.b), &noted{units: units}, 20, 0)
}

func TestWritingMetadataAllocatesNothing(t *testing.T) {
	unit := h264.AccessUnit{Data: bytes.Repeat([]byte("\x00\x00\x00\x01\x41payload"), 100)}
	w, err := mp4.Create(discard{}, mp4.Track{SPS: [][]byte{{0x67, 66, 0, 31}}, PPS: [][]byte{{0x68}}})
	if err != nil {
		t.Fatal(err)
	}
	sample := []byte(`[["cat",0.93,1,2,3,4]]`)
	if allocations := testing.AllocsPerRun(5000, func() {
		unit.CaptureNS += 33e6
		if err := add(w, unit, 0); err != nil {
			t.Fatal(err)
		}
		if added, err := w.AddMetadata(time.Duration(unit.CaptureNS), sample); !added || err != nil {
			t.Fatal(added, err)
		}
	}); allocations != 0 {
		t.Errorf("%v allocations for each sample", allocations)
	}
}

// ofAnEarlierVersion is a growing file with the video's track only.
func ofAnEarlierVersion(t *testing.T, units []h264.AccessUnit) []byte {
	t.Helper()
	sps, pps := setsOf(units[0].Data)
	stream, b, err := mp4.NewStream(mp4.Track{Width: 160, Height: 120, SPS: [][]byte{sps}, PPS: [][]byte{pps}})
	if err != nil {
		t.Fatal(err)
	}
	for _, au := range units {
		stream.Begin()
		for nal := range h264.NALs(au.Data) {
			if kind := h264.TypeOf(nal); kind != h264.NALSPS && kind != h264.NALPPS && kind != h264.NALDelimiter {
				stream.Add(nal)
			}
		}
		b = append(b, stream.End((au.CaptureNS-units[0].CaptureNS)*9/100_000, au.Keyframe)...)
	}
	return append(b, stream.Last()...)
}

func TestAFileOfAnEarlierVersionIsRecoveredWithItsOneTrack(t *testing.T) {
	units := mp4test.Clip(t, "baseline", 160, 120, 40, 1e12)
	old := ofAnEarlierVersion(t, units)
	file := &memory{b: bytes.Clone(old)}
	recovered, err := mp4.Recover(file, int64(len(old)))
	if err != nil || recovered.Samples != len(units) {
		t.Fatal(recovered, err)
	}
	holdsNoted(t, save(t, file.b), &noted{units: units}, 40, 0)
	if bytes.Contains(file.b, []byte("mett")) {
		t.Error("it was given a second track")
	}
}

func TestANoteInAFileWithoutThatTrackEndsIt(t *testing.T) {
	units := mp4test.Clip(t, "baseline", 160, 120, 10, 1e12)
	old := ofAnEarlierVersion(t, units)
	note := old[len(old)-len(ofLast(t, old)):]
	binary.BigEndian.PutUint32(note[44:], 2) // the last pair is the second track's
	file := &memory{b: bytes.Clone(old)}
	if recovered, err := mp4.Recover(file, int64(len(old))); err != nil || recovered.Samples != len(units)-1 {
		t.Error(recovered, err)
	}
}

// ofLast gives the last pair.
func ofLast(t *testing.T, b []byte) []byte {
	t.Helper()
	at := bytes.LastIndex(b, []byte("moof"))
	if at < 0 {
		t.Fatal("no pair")
	}
	return b[at-4:]
}
