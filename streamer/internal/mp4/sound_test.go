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
	"petcam/streamer/internal/sound"
)

// sounding is what stands in a file with sound and notes, and where each of its pairs ends.
type sounding struct {
	units   []h264.AccessUnit
	packets [][]byte // of sound that are in it
	notes   []mp4test.Note
	ends    []int64
	kinds   []byte // of each pair: p, s or n
}

// whole gives how many of each kind are whole in a file that is cut there.
func (s *sounding) whole(cut int64) (pictures, packets, notes int) {
	for i, end := range s.ends {
		if end > cut {
			break
		}
		switch s.kinds[i] {
		case 'p':
			pictures++
		case 's':
			packets++
		default:
			notes++
		}
	}
	return pictures, packets, notes
}

func (s *sounding) ended(w *mp4.Writer, kind byte) {
	s.ends, s.kinds = append(s.ends, w.Size()), append(s.kinds, kind)
}

// beginSounding makes a file of pictures, and between them sound up to each and a note now and then.
func beginSounding(t testing.TB, file mp4.File, units []h264.AccessUnit, packets [][]byte) (*mp4.Writer, *sounding) {
	t.Helper()
	sps, pps := setsOf(units[0].Data)
	w, err := mp4.Create(file, mp4.Track{
		Width: 160, Height: 120, SPS: [][]byte{sps}, PPS: [][]byte{pps}, Sound: 1, Start: time.Unix(1.8e9, 0),
	})
	if err != nil {
		t.Fatal(err)
	}
	made := &sounding{units: units}
	for i, au := range units {
		if err := add(w, au, units[0].CaptureNS); err != nil {
			t.Fatal(err)
		}
		made.ended(w, 'p')
		at := time.Duration(au.CaptureNS - units[0].CaptureNS)
		for len(packets) > 0 && w.SoundUntil()+mp4.SoundDuration <= at {
			if added, err := w.AddSound(packets[0]); !added || err != nil {
				t.Fatal(added, err)
			}
			made.packets, packets = append(made.packets, packets[0]), packets[1:]
			made.ended(w, 's')
		}
		if i%7 == 3 {
			note := fmt.Sprintf(`[["cat",0.93,%d,2,3,4]]`, i)
			if added, err := w.AddMetadata(at, []byte(note)); !added || err != nil {
				t.Fatal(added, err)
			}
			made.notes = append(made.notes, mp4test.NoteOf(int64(at)*9/100_000, note))
			made.ended(w, 'n')
		}
	}
	return w, made
}

// holdsSounding checks that a file has so many of each kind, and plays.
func holdsSounding(t *testing.T, path string, made *sounding, pictures, packets, notes int) {
	t.Helper()
	samePackets(t, mp4test.Packets(t, path), mp4test.Expect(made.units)[:pictures])
	if got := mp4test.Sounds(t, path); !slices.Equal(got, mp4test.SoundsOf(made.packets[:packets])) {
		t.Errorf("%d packets of sound, want %d, or others than these: %v", len(got), packets, got[:min(3, len(got))])
	}
	if got := mp4test.Notes(t, path); !slices.Equal(got, made.notes[:notes]) {
		t.Errorf("notes are %v, want %v", got, made.notes[:notes])
	}
	mp4test.Plays(t, path)
}

func (s *sounding) isWhole(t *testing.T, path string) {
	t.Helper()
	holdsSounding(t, path, s, len(s.units), len(s.packets), len(s.notes))
}

// finishes finishes the file, which then holds all.
func (s *sounding) finishes(t *testing.T, w *mp4.Writer, file *memory) {
	t.Helper()
	if _, err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	s.isWhole(t, save(t, file.b))
}

func TestSoundIsAThirdTrackFromTheFirstPictureOn(t *testing.T) {
	units := unevenly(mp4test.Clip(t, "baseline", 160, 120, 90, 1e12))
	file := create(t)
	w, made := beginSounding(t, file, units, mp4test.Opus(t, 1, 1000))
	made.isWhole(t, file.Name()) // while it grows
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
	made.isWhole(t, file.Name())
	samples := mp4test.Samples(t, file.Name())
	if want := 960 * len(made.packets); len(samples) != want {
		t.Errorf("%d samples come out of the decoder, want %d", len(samples), want)
	}
	if loudest := slices.Max(samples); loudest < 1000 {
		t.Errorf("the loudest sample is %d: nothing is heard", loudest)
	}
}

func TestFFprobeKnowsTheSoundAsOpusWithItsChannels(t *testing.T) {
	units := mp4test.Clip(t, "baseline", 160, 120, 60, 1e12)
	for _, channels := range []int{1, 2} {
		file := create(t)
		sps, pps := setsOf(units[0].Data)
		w, err := mp4.Create(file, mp4.Track{
			Width: 160, Height: 120, SPS: [][]byte{sps}, PPS: [][]byte{pps}, Sound: channels,
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, au := range units {
			if err := add(w, au, units[0].CaptureNS); err != nil {
				t.Fatal(err)
			}
		}
		for _, packet := range mp4test.Opus(t, channels, 99) {
			if added, err := w.AddSound(packet); !added || err != nil {
				t.Fatal(added, err)
			}
		}
		if _, err := w.Finish(); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command("ffprobe", "-v", "error", "-select_streams", "a", "-show_entries",
			"stream=codec_name,codec_tag_string,sample_rate,channels,start_pts,duration_ts", "-of", "csv=p=0",
			file.Name()).Output()
		want := fmt.Sprintf("opus,Opus,48000,%d,0,95040\n", channels)
		if err != nil || string(out) != want {
			t.Errorf("ffprobe says %q, want %q", out, want)
		}
		mp4test.Plays(t, file.Name())
	}
}

func TestAFileWithSoundCutInAnyFinishingStepPlaysAndIsRecoveredAlike(t *testing.T) {
	units := unevenly(mp4test.Clip(t, "baseline", 160, 120, 40, 1e12))
	file := &memory{}
	w, made := beginSounding(t, file, units, mp4test.Opus(t, 1, 1000))
	file.history = [][]byte{bytes.Clone(file.b)}
	if _, err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	for _, state := range file.history {
		made.isWhole(t, save(t, state))
		again := &memory{b: bytes.Clone(state)}
		recovered, err := mp4.Recover(again, int64(len(state)))
		if err != nil || recovered.Samples != len(units) || !bytes.Equal(again.b, file.b) {
			t.Errorf("Recover gives %+v, %v, and another file than Finish", recovered, err)
		}
	}
}

func TestAFileWithSoundCutAnywhereKeepsEveryWholeSampleOfAllTracks(t *testing.T) {
	units := unevenly(mp4test.Clip(t, "baseline", 160, 120, 40, 1e12))
	file := &memory{}
	w, made := beginSounding(t, file, units, mp4test.Opus(t, 1, 1000))
	random := rand.New(rand.NewPCG(3, 4))
	cuts := slices.Clone(made.ends)
	for range 200 {
		cuts = append(cuts, made.ends[0]+random.Int64N(w.Size()-made.ends[0]))
	}
	for i, cut := range cuts {
		pictures, packets, notes := made.whole(cut)
		again := &memory{b: bytes.Clone(file.b[:cut])}
		recovered, err := mp4.Recover(again, cut)
		if err != nil || recovered.Samples != pictures {
			t.Fatalf("cut at %d: %+v, %v; want %d pictures", cut, recovered, err, pictures)
		}
		if got := soundsIn(again.b); got != packets {
			t.Fatalf("cut at %d: %d packets of sound, want %d", cut, got, packets)
		}
		if i%80 == 0 {
			holdsSounding(t, save(t, again.b), made, pictures, packets, notes)
		}
	}
}

// soundsIn counts the packets by the table of a finished file.
func soundsIn(b []byte) int {
	at := bytes.LastIndex(b, []byte("stsz"))
	return int(binary.BigEndian.Uint32(b[at+12:]))
}

func TestPagesOfZerosAreNotTakenForSound(t *testing.T) {
	units := mp4test.Clip(t, "baseline", 160, 120, 40, 1e12)
	file := &memory{}
	_, made := beginSounding(t, file, units, mp4test.Opus(t, 1, 1000))
	for i, end := range made.ends {
		if made.kinds[i] != 's' {
			continue
		}
		_, packets, _ := made.whole(end - 1)
		before := made.ends[i-1]
		for _, from := range []int64{before, before + 50, before + 107, before + 108} { // all, its half, the sample
			again := &memory{b: bytes.Clone(file.b[:end])}
			clear(again.b[from:])
			if _, err := mp4.Recover(again, end); err != nil || soundsIn(again.b) != packets {
				t.Errorf("zeros in pair %d from %d on: %d packets, want %d, %v", i, from-before, soundsIn(again.b), packets, err)
			}
		}
	}
}

func TestNewestSamplesOfAllTracksMakeRoomForTheTable(t *testing.T) {
	units := mp4test.Clip(t, "baseline", 160, 120, 300, 1e12)
	packets := mp4test.Opus(t, 1, 1000)
	for spare := range 20 {
		file := &memory{}
		w, made := beginSounding(t, file, units, packets)
		file.limit = int(w.Size()) + 100*spare
		size, err := w.Finish()
		if err != nil {
			t.Fatal(err)
		}
		if size > int64(file.limit) || w.Samples() >= len(units) || w.Samples() < len(units)/2 {
			t.Errorf("%d samples stay, %d bytes of %d", w.Samples(), size, file.limit)
		}
		if spare%10 == 0 {
			path := save(t, file.b)
			sounds, notes := len(mp4test.Sounds(t, path)), len(mp4test.Notes(t, path))
			if video := w.Duration(); w.SoundUntil() > video || w.SoundUntil() < video-100*time.Millisecond {
				t.Errorf("%v of sound beside %v of video", w.SoundUntil(), video)
			}
			holdsSounding(t, path, made, w.Samples(), sounds, notes)
		}
	}
}

func TestSoundThatMayNotComeNextIsLeftOut(t *testing.T) {
	file := &memory{}
	w, err := mp4.Create(file, mp4.Track{SPS: [][]byte{{0x67, 66, 0, 31}}, PPS: [][]byte{{0x68}}, Sound: 1})
	if err != nil {
		t.Fatal(err)
	}
	if added, err := w.AddSound(sound.Silence); added || err != nil {
		t.Error("it was added before the first picture")
	}
	unit := h264.AccessUnit{Data: []byte("\x00\x00\x00\x01\x41payload")}
	for _, at := range []uint64{0, 50e6} {
		unit.CaptureNS = at
		if err := add(w, unit, 0); err != nil {
			t.Fatal(err)
		}
	}
	size := w.Size()
	largest := append([]byte{0xf8}, make([]byte, mp4.MaxSound-1)...)
	for name, packet := range map[string][]byte{
		"empty": {}, "too large": append(largest, 0), "of 10 ms": {0xf0, 0xff, 0xfe}, "of 60 ms": {0x18, 1, 2},
		"of 40 ms by two frames": {0xf9, 1, 2, 3, 4}, "without its count": {0xfb},
	} {
		if added, err := w.AddSound(packet); added || err != nil {
			t.Errorf("%s: added is %v, %v", name, added, err)
		}
	}
	added := 0
	for range 10 { // the pictures last 100 ms
		if ok, err := w.AddSound(largest); err != nil {
			t.Fatal(err)
		} else if ok {
			added++
		}
	}
	if added != 5 || w.SoundUntil() != 100*time.Millisecond || w.Size()-size != 5*(108+mp4.MaxSound) {
		t.Errorf("%d packets, %v, %d bytes", added, w.SoundUntil(), w.Size()-size)
	}
	if recovered, err := mp4.Recover(file, int64(len(file.b))); err != nil || recovered.Samples != 2 || soundsIn(file.b) != 5 {
		t.Error(recovered, err)
	}
}

func TestAFileWithoutThatTrackTakesNoSound(t *testing.T) {
	units := mp4test.Clip(t, "baseline", 160, 120, 40, 1e12)
	file := &memory{}
	w := begin(t, file, units)
	if added, err := w.AddSound(sound.Silence); added || err != nil {
		t.Error(added, err)
	}
	if _, err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(file.b, []byte("Opus")) {
		t.Error("there is a track of sound")
	}
}

func TestAPairOfSoundInAFileWithoutThatTrackEndsIt(t *testing.T) {
	units := mp4test.Clip(t, "baseline", 160, 120, 10, 1e12)
	file := &memory{}
	begin(t, file, units)
	last := ofLast(t, file.b)
	binary.BigEndian.PutUint32(file.b[len(file.b)-len(last)+44:], 3)
	if recovered, err := mp4.Recover(file, int64(len(file.b))); err != nil || recovered.Samples != len(units)-1 {
		t.Error(recovered, err)
	}
}

func TestSoundThatTheDiskDoesNotTakeCostsNothingElse(t *testing.T) {
	units := mp4test.Clip(t, "baseline", 160, 120, 40, 1e12)
	for _, truncates := range []int{0, 1} {
		file := &faulty{}
		w, made := beginSounding(t, file, units[:20], nil)
		file.writes, file.truncates = 1, truncates
		if added, err := w.AddSound(sound.Silence); added || !errors.Is(err, syscall.EIO) {
			t.Fatal(added, err)
		}
		for _, au := range units[20:] {
			if err := add(w, au, 1e12); err != nil {
				t.Fatal(err)
			}
		}
		made.units = units
		made.finishes(t, w, &file.memory)
	}
}

func TestWritingSoundAllocatesNothing(t *testing.T) {
	unit := h264.AccessUnit{Data: bytes.Repeat([]byte("\x00\x00\x00\x01\x41payload"), 100)}
	w, err := mp4.Create(discard{}, mp4.Track{SPS: [][]byte{{0x67, 66, 0, 31}}, PPS: [][]byte{{0x68}}, Sound: 1})
	if err != nil {
		t.Fatal(err)
	}
	packet := append([]byte{0xf8}, make([]byte, 80)...)
	if allocations := testing.AllocsPerRun(5000, func() {
		unit.CaptureNS += 20e6
		if err := add(w, unit, 0); err != nil {
			t.Fatal(err)
		}
		if added, err := w.AddSound(packet); !added || err != nil {
			t.Fatal(added, err)
		}
	}); allocations != 0 {
		t.Errorf("%v allocations for each packet", allocations)
	}
}

// Sound beside one picture a second, beyond 4 GiB where offsets take eight bytes.
func TestTheTableOfSoundReachesBeyondFourGiB(t *testing.T) {
	file := &huge{}
	w, err := mp4.Create(file, mp4.Track{SPS: [][]byte{{0x67, 66, 0, 31}}, PPS: [][]byte{{0x68}}, Sound: 1})
	if err != nil {
		t.Fatal(err)
	}
	nal := make([]byte, 64<<20)
	for i := range 66 {
		w.Begin()
		w.Add(nal)
		if err := w.End(time.Duration(i)*time.Second, true); err != nil {
			t.Fatal(err)
		}
		for range 40 {
			if _, err := w.AddSound(sound.Silence); err != nil {
				t.Fatal(err)
			}
		}
	}
	end := w.Size() - 3 // of the last packet, but for its bytes
	if _, err := w.Finish(); err != nil {
		t.Fatal(err)
	}
	table := file.last[strings.LastIndex(string(file.last), "co64")-4:]
	table = table[:binary.BigEndian.Uint32(table)]
	if got := binary.BigEndian.Uint64(table[len(table)-8:]); got != uint64(end) {
		t.Errorf("the last packet is said to be at %d, not %d", got, end)
	}
}

// huge keeps only what was written last beyond 4 GiB, but for the header of 16 bytes.
type huge struct {
	discard
	last []byte
}

func (h *huge) WriteAt(p []byte, off int64) (int, error) {
	if off > 1<<32 {
		h.last = bytes.Clone(p)
	}
	return len(p), nil
}
