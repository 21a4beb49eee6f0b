package library

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/mp4"
)

// filming writes a film as the recorder does.
type filming struct {
	*mp4.Writer
	b        *board
	file     *os.File
	pictures int
}

func (b *board) film(name string) *filming {
	file, err := os.OpenFile(filepath.Join(b.path, name+".part"), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	b.must(err)
	b.t.Cleanup(func() { _ = file.Close() })
	set := func(text string) [][]byte {
		raw, err := hex.DecodeString(text)
		b.must(err)
		return [][]byte{raw}
	}
	track := mp4.Track{Width: 64, Height: 48, SPS: set(spsOf64x48), PPS: set(ppsOf64x48), Start: time.Unix(1767268800, 0)}
	w, err := mp4.Create(file, track)
	b.must(err)
	return &filming{w, b, file, 0}
}

const spsOf64x48, ppsOf64x48 = "67420033da11e4", "68cc"

// picture adds one a thirtieth of a second behind the last, with a sample of boxes; empty: none.
func (f *filming) picture(sample string) {
	f.b.t.Helper()
	at := time.Duration(f.pictures) * time.Second / 30
	f.pictures++
	f.Begin()
	f.Add([]byte("\x65picture"))
	f.b.must(f.End(at, true))
	if sample == "" {
		return
	}
	if added, err := f.AddMetadata(at, []byte(sample)); err != nil || !added {
		f.b.t.Fatal(added, err)
	}
}

func (f *filming) finish(name string) {
	f.b.t.Helper()
	_, err := f.Finish()
	f.b.must(err)
	f.b.rename(name+".part", name)
}

// ofMany is a film of so many pictures with a sample each.
func (b *board) ofMany(count int, finished bool, sample string) {
	f := b.film(nameA)
	for range count {
		f.picture(sample)
	}
	if finished {
		f.finish(nameA)
	}
}

func ticksOf(frames []Frame) (ticks []int64) {
	for _, frame := range frames {
		ticks = append(ticks, frame.Ticks)
	}
	return ticks
}

// inParts asks for all, part by part.
func (b *board) inParts(most int) (ticks []int64) {
	b.t.Helper()
	for begin, n := int64(0), 0; ; n++ {
		part, err := b.Boxes(nameA, begin, 1e10)
		b.must(err)
		if len(part.Frames) > most || n > 100 {
			b.t.Fatal("too many")
		}
		ticks = append(ticks, ticksOf(part.Frames)...)
		if part.More < 0 {
			return ticks
		}
		begin = part.More
	}
}

func everyPicture(count int) (ticks []int64) {
	for n := range count {
		ticks = append(ticks, int64(time.Duration(n)*time.Second/30)*9/100_000)
	}
	return ticks
}

func TestALongRecordingIsAnsweredInPartsWithoutAGap(t *testing.T) {
	for _, finished := range []bool{true, false} {
		b := newBoard(t)
		b.boxes.limits.frames = 7
		b.ofMany(30, finished, "[]")
		if got := b.inParts(7); !slices.Equal(got, everyPicture(30)) {
			t.Error(got)
		}
	}
}

func TestLargeSamplesAreAnsweredInParts(t *testing.T) {
	for _, finished := range []bool{true, false} {
		b := newBoard(t)
		b.boxes.limits.bytes = 5000
		b.ofMany(10, finished, `[["cat",0.5,1,2,3,4]`+string(bytes.Repeat([]byte(" "), 2000))+"]")
		part, err := b.Boxes(nameA, 0, 1e10)
		if err != nil || len(part.Frames) != 2 || part.More != everyPicture(3)[2] {
			t.Error(part, err)
		}
	}
}

func TestASlowDiskIsAnsweredInParts(t *testing.T) {
	for _, finished := range []bool{true, false} {
		b := newBoard(t)
		b.boxes.limits.pairs = 3
		asked := 0
		b.boxes.now = func() time.Time { // as if each look took longer than an answer may
			asked++
			return time.Unix(int64(asked)*2, 0)
		}
		b.ofMany(10, finished, "[]")
		if got := b.inParts(10); !slices.Equal(got, everyPicture(10)) {
			t.Error(got)
		}
		if asked < 10 {
			t.Error("nobody looked at the clock")
		}
	}
}

func TestOneThatGrowsIsWalkedOnAndThenReadByItsTable(t *testing.T) {
	b := newBoard(t)
	f := b.film(nameA)
	for range 5 {
		f.picture("[]")
	}
	read := func() []int64 {
		part, err := b.Boxes(nameA, 0, 1e10)
		b.must(err)
		if part.Width != 64 || part.Height != 48 {
			t.Error(part)
		}
		return ticksOf(part.Frames)
	}
	if got := read(); len(got) != 5 || len(b.boxes.walks) != 1 {
		t.Error(got)
	}
	at := b.boxes.walks[0].at
	f.picture("")
	f.picture("[]")
	if got := read(); len(got) != 6 || len(b.boxes.walks) != 1 || b.boxes.walks[0].at <= at {
		t.Error(got, "walked anew")
	}
	f.finish(nameA)
	if got := read(); len(got) != 6 {
		t.Error(got)
	}
}

func TestAnotherFileInThePlaceOfOneThatGrewIsReadAnew(t *testing.T) {
	b := newBoard(t)
	all := films(t)
	for _, film := range []string{"growing", "no boxes yet"} {
		b.must(os.WriteFile(filepath.Join(b.path, nameA+".part"), all[film], 0o600)) // of the same inode
		part, err := b.Boxes(nameA, 0, 1e10)
		if err != nil || len(part.Frames) > 0 != (film == "growing") {
			t.Error(film, part, err)
		}
	}
	for n := range 2 * maxWalks {
		b.must(os.WriteFile(filepath.Join(b.path, fmt.Sprintf("petcam_20260101-12000%d.mp4", n)), all["growing"], 0o600))
		_, err := b.Boxes(fmt.Sprintf("petcam_20260101-12000%d.mp4", n), 0, 1)
		b.must(err)
	}
	if len(b.boxes.walks) != maxWalks {
		t.Error(len(b.boxes.walks))
	}
}

func TestARecordingThatClaimsTooMuchIsNotBelieved(t *testing.T) {
	good := films(t)["finished"]
	b := newBoard(t)
	for _, c := range []struct {
		box   string
		at    int
		value uint32
	}{
		{"stts", 4, 0xffffffff}, {"stts", 8, 0xffffffff}, {"stts", 12, 0xffffffff}, {"stsz", 8, 0xffffffff}, {"stsz", 8, 1 << 20},
		{"stsz", 4, 1}, {"stsz", 12, 1 << 30}, {"stco", 4, 1 << 20}, {"stco", 8, 0xffffffff}, {"stsc", 4, 2}, {"elst", 4, 3},
		{"elst", 8, 0xffffffff}, {"mett", -8, 7},
	} {
		film := slices.Clone(good)
		second := bytes.Index(film, []byte("application/vnd.petcam")) // the sound's track is behind it
		place := bytes.LastIndex(film[:second], []byte(c.box))
		if next := bytes.Index(film[second:], []byte(c.box)); c.box != "elst" && c.box != "mett" {
			place = second + next
		}
		binary.BigEndian.PutUint32(film[place+4+c.at:], c.value)
		reader := &reads{film: film}
		f := &boxFile{file: reader, size: int64(len(film))}
		part, err := newBoxReader(time.Now).readPart(f, 0, 1e10, func() bool { return false })
		if err != nil || f.err != nil || reader.most > 64<<10 || reader.count > 300 {
			t.Error(c, part, err, reader.most, reader.count)
		}
	}
	b.write(nameA, "no film")
	_, err := b.Boxes(nameA, 0, 1)
	b.wantCode(err, apierror.NotFound)
}

func TestASampleBehindTheEndOfAnyFileIsNone(t *testing.T) {
	film := films(t)["finished"]
	second := bytes.Index(film, []byte("application/vnd.petcam"))
	place := second + bytes.Index(film[second:], []byte("stco"))
	copy(film[place:], "co64") // the first of them, where two of the others are
	for high, want := range map[uint32]int{0xffffffff: 0, 0x7fffffff: 0, 0: 1} {
		binary.BigEndian.PutUint32(film[place+12:], high)
		if high == 0 {
			at := bytes.Index(film, []byte(`[["cat",0.93,10`))
			binary.BigEndian.PutUint32(film[place+16:], uint32(at))
		}
		f := &boxFile{file: bytes.NewReader(film), size: int64(len(film))}
		part, err := newBoxReader(time.Now).readPart(f, 0, 3001, func() bool { return false })
		if err != nil || f.err != nil || len(part.Frames) != want {
			t.Error(high, part, err, f.err)
		}
	}
}

// reads counts what is read of a film.
type reads struct {
	film        []byte
	most, count int
	fail        int // at which of them
}

func (r *reads) ReadAt(p []byte, off int64) (int, error) {
	r.most = max(r.most, len(p))
	if r.count++; r.count == r.fail {
		return 0, errDisk
	}
	return bytes.NewReader(r.film).ReadAt(p, off)
}

func TestAReadErrorIsTheDisksFaultWhereverItComes(t *testing.T) {
	for _, film := range []string{"finished", "growing"} {
		content := films(t)[film]
		for fail := 1; ; fail++ {
			reader := &reads{film: content, fail: fail}
			f := &boxFile{file: reader, size: int64(len(content))}
			_, _ = newBoxReader(time.Now).readPart(f, 0, 1e10, func() bool { return false })
			if reader.count < fail {
				break
			}
			if f.err == nil {
				t.Error("not said", film, fail)
			}
		}
	}
}

func Test64BoxesAreReadAndNoMore(t *testing.T) {
	one := `["cat",0.5,1,2,3,4]`
	many := func(count int) []byte {
		return []byte("[" + string(bytes.Repeat([]byte(one+","), count-1)) + one + "]")
	}
	if boxes, ok := parseSample(many(64), map[string]string{}); !ok || len(boxes) != 64 {
		t.Error(ok)
	}
	if _, ok := parseSample(many(65), map[string]string{}); ok {
		t.Error("65")
	}
}

func TestASampleThatPetcamDoesNotWriteIsNone(t *testing.T) {
	for _, text := range []string{
		"", "null", "{}", "7", "[7]", "[[]]", `[["cat",0.5,1,2,3]]`, `[["cat",0.5,1,2,3,4,5]]`, `[[7,0.5,1,2,3,4]]`,
		`[["cat","0.5",1,2,3,4]]`, `[["cat",NaN,1,2,3,4]]`, `[["cat",1e999,1,2,3,4]]`, `[["cat",1.5,1,2,3,4]]`,
		`[["cat",true,1,2,3,4]]`, `[["cat",0.5,1.5,2,3,4]]`, `[["cat",0.5,null,2,3,4]]`, `[["cat",0.5,99999999999,2,3,4]]`,
		`[["\ud800",0.5,1,2,3,4]]`, `[["\ud800\u0041",0.5,1,2,3,4]]`, "[[\"c\xff\",0.5,1,2,3,4]]", `[["cat",0.5,1,2,3,4]`,
		`[["cat",0.5,1,2,3,4]]` + "\x00", `[["cat",-0.1,1,2,3,4]]`, `[["cat",+1,1,2,3,4]]`, `[["cat",1.,1,2,3,4]]`,
		`[["cat",1e,1,2,3,4]]`, `[["cat",0.5,1e0,2,3,4]]`, `[["c\x",0.5,1,2,3,4]]`, `[["c\u12g4",0.5,1,2,3,4]]`, "[,]",
		`[["cat" 0.5,1,2,3,4]]`, `["cat",0.5,1,2,3,4]`, "\ufeff[]", "[]]", "[] []", string(bytes.Repeat([]byte("["), 5000)),
	} {
		if boxes, ok := parseSample([]byte(text), map[string]string{}); ok {
			t.Errorf("%.60q: %v", text, boxes)
		}
	}
}

func FuzzSample(f *testing.F) {
	f.Add([]byte(`[["cat",0.93,1,-2,3,4],["\ud83d\ude00\n",1,0,0,0,0]]`))
	f.Add([]byte(`[["\ud8`))
	f.Fuzz(func(t *testing.T, text []byte) {
		boxes, ok := parseSample(text, map[string]string{})
		if !ok {
			return
		}
		for _, box := range boxes {
			if len(box.Class) > 4*maxClassName || box.Score < 0 || box.Score > 1 || box.X > maxPixels || box.X < -maxPixels {
				t.Error(box)
			}
		}
	})
}

func FuzzFilms(f *testing.F) {
	for _, film := range films(f) {
		f.Add(film)
	}
	f.Fuzz(func(_ *testing.T, film []byte) {
		b := &boxFile{file: bytes.NewReader(film), size: int64(len(film))}
		b.table()
		_, _ = newBoxReader(time.Now).readPart(b, 0, 1e10, func() bool { return false })
	})
}

func TestATableTellsWhatTheRecorderWrote(t *testing.T) {
	b := newBoard(t)
	b.ofMany(45, true, "")
	row := b.page(1).Recordings[0]
	want := Recording{
		Name: nameA, Day: "2026-01-01", Start: time.Unix(1767268800, 0).UTC(), Duration: row.Duration, Size: row.Size, Frames: 45,
		Shape: Shape{64, 48}, Kind: "hand", State: Complete,
	}
	if !reflect.DeepEqual(row, want) || row.Duration < 1.4999 || row.Duration > 1.5001 {
		t.Errorf("%+v", row)
	}
}
