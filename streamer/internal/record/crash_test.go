package record

import (
	"encoding/binary"
	"encoding/gob"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/mp4/mp4test"
)

// docs/recordings.md gives values for a longer run, and how long that takes.
var (
	kills = flag.Int("kills", 20, "how often the recording process is killed")
	cuts  = flag.Int("cuts", 10, "how often the power is cut")
)

// In the environment of the child process that is killed these say where to record, and which clip.
const (
	childDirectory = "PETCAM_TEST_RECORD_TO"
	childClip      = "PETCAM_TEST_RECORD_CLIP"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDirectory); dir != "" {
		if mode := os.Getenv(childMode); mode != "" {
			recordItselfForEver(dir, os.Getenv(childClip), Mode(mode))
		}
		recordForEver(dir, os.Getenv(childClip))
	}
	os.Exit(m.Run())
}

// lateFrames is how many frames later than its own the child's detector has a result.
const lateFrames = 3

// recordForEver is the child: it records and writes a byte to standard output for each frame that the source delivers. Each
// has a box, and sound up to a little behind it.
func recordForEver(dir, clip string) {
	units := loadClip(clip)
	source, boxes, microphone := newFakeSource(), &fakeBoxes{}, &fakeSound{}
	packets := heard(units[0].CaptureNS, 50*len(units)/30+10)
	delivered := 0
	source.beforeNext = func() {
		if delivered < len(units) {
			if delivered >= lateFrames {
				boxes.publish(on(units[delivered-lateFrames], aCat))
			}
			for ; packets[0].CaptureNS < units[delivered].CaptureNS+50e6; packets = packets[1:] {
				microphone.publish(packets[0])
			}
			source.publish(units[delivered])
			delivered++
			_, _ = os.Stdout.Write([]byte{'.'})
		}
	}
	options := Options{
		Directory: dir, Segment: 4 * time.Second, MinFree: 1, Boxes: boxes.open, Sound: microphone.open,
		Log: slog.New(slog.DiscardHandler),
	}
	r := New(options, func() Source { return source })
	r.system.syncEvery = 10 * time.Millisecond
	if _, err := r.Start(""); err != nil {
		panic(err)
	}
	select {}
}

// saveClip writes units for a child, which loadClip reads.
func saveClip(t *testing.T, units []h264.AccessUnit) string {
	t.Helper()
	clip := filepath.Join(t.TempDir(), "clip.gob")
	file, err := os.Create(clip)
	if err != nil {
		t.Fatal(err)
	}
	if err := gob.NewEncoder(file).Encode(units); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return clip
}

func loadClip(clip string) (units []h264.AccessUnit) {
	file, err := os.Open(clip)
	if err != nil {
		panic(err)
	}
	if err := gob.NewDecoder(file).Decode(&units); err != nil {
		panic(err)
	}
	return units
}

func TestAKilledRecordingLosesAtMostOneFrameItsBoxesAndItsSound(t *testing.T) {
	units := seconds(t, 20)
	clip := saveClip(t, units)
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	var mu sync.Mutex
	var lost []int
	t.Run("kill", func(t *testing.T) {
		for range *kills {
			after := 2 + random.IntN(300)
			t.Run(fmt.Sprintf("after %d frames", after), func(t *testing.T) {
				t.Parallel()
				n := killOnce(t, units, clip, after)
				mu.Lock()
				defer mu.Unlock()
				lost = append(lost, n)
			})
		}
	})
	slices.Sort(lost)
	t.Logf("%d kills: frames lost: median %d, most %d", len(lost), lost[len(lost)/2], lost[len(lost)-1])
}

// killOnce returns how many of the frames that were delivered are in no file.
func killOnce(t *testing.T, units []h264.AccessUnit, clip string, after int) (lost int) {
	r := newHarness(t, nil)
	delivered := killAfter(t, r.dir, clip, after)
	r.Recover()
	held := 0
	for _, name := range r.files() {
		if boxes := mp4test.Boxes(t, r.path(name)); !slices.Equal(boxes, []string{"ftyp", "mdat", "moov"}) {
			t.Errorf("%s: boxes are %v", name, boxes)
		}
		packets := mp4test.Packets(t, r.path(name))
		if !slices.Equal(packets, mp4test.Expect(units[held:held+len(packets)])) {
			t.Errorf("%s holds other frames than it should", name)
		}
		wantBoxes(t, r.path(name), units[held:held+len(packets)])
		wantSound(t, r.path(name), units[held:held+len(packets)])
		mp4test.Plays(t, r.path(name))
		held += len(packets)
	}
	if lost = delivered - held; lost < 0 || lost > 1 { // it may be killed within the write of a frame
		t.Errorf("%d of %d frames are lost", lost, delivered)
	}
	return lost
}

// wantBoxes checks that a file has the boxes of all its frames but those that were late when it ended.
func wantBoxes(t *testing.T, path string, units []h264.AccessUnit) {
	t.Helper()
	notes := mp4test.Notes(t, path)
	var want []mp4test.Note
	for _, au := range units[:min(len(notes), len(units))] {
		want = append(want, noteOn(units[0], au, catAlone))
	}
	if missing := len(units) - len(notes); !slices.Equal(notes, want) || missing < 0 || missing > lateFrames+1 {
		t.Errorf("%s has the notes %v on %d frames", path, notes, len(units))
	}
}

// wantSound checks that a file has all the packets that end with its frames, at their times, but those that come behind the
// last one.
func wantSound(t *testing.T, path string, units []h264.AccessUnit) {
	t.Helper()
	sounds := soundsOf(t, path)
	for i, packet := range sounds {
		captured := time.Duration(binary.BigEndian.Uint64(packet.data[1:]) - units[0].CaptureNS)
		if off := packet.at - captured; off.Abs() > 10*time.Millisecond || packet.at != time.Duration(i)*packetNS {
			t.Fatalf("%s: packet %d is %v off, at %v", path, i, off, packet.at)
		}
	}
	last := time.Duration(units[len(units)-1].CaptureNS - units[0].CaptureNS)
	if lasts := time.Duration(len(sounds)) * packetNS; lasts < last-60*time.Millisecond || lasts > last+50*time.Millisecond {
		t.Errorf("%s: sound lasts %v, the last frame is at %v", path, lasts, last)
	}
}

// killAfter runs the child until it has so many frames, kills it, and returns how many there were in the end.
func killAfter(t *testing.T, dir, clip string, frames int) (delivered int) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childDirectory+"="+dir, childClip+"="+clip)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	_, err = io.ReadFull(out, make([]byte, frames))
	_ = child.Process.Kill()
	rest, _ := io.ReadAll(out)
	_ = child.Wait() // it was killed
	if err != nil {
		t.Fatalf("the child ended by itself: %v", err)
	}
	return frames + len(rest)
}

// gatedFile is a file whose Sync waits until the test lets it begin.
type gatedFile struct {
	file
	gate syncGate
}

// syncGate takes a channel for each Sync that may begin, and answers on it with the content that this Sync makes
// durable; closed, it lets all pass.
type syncGate chan chan []byte

func (f gatedFile) Sync() error {
	if answer, ok := <-f.gate; ok {
		info, err := f.Stat() // what is written from here on may be lost
		if err != nil {
			return err
		}
		content := make([]byte, info.Size())
		n, _ := f.ReadAt(content, 0)
		answer <- content[:n]
	}
	return f.file.Sync()
}

// begin lets the next Sync begin and returns what it makes durable.
func (g syncGate) begin() []byte {
	answer := make(chan []byte)
	g <- answer
	return <-answer
}

// powerCut is what the disk holds when the power fails after so many frames.
type powerCut struct {
	frames  int
	content []byte
}

// The frames are the clock here: a sync begins each 750 ms of them and takes a quarter of a second.
func TestAFileAfterAPowerCutPlaysAndLacksAtMostASecond(t *testing.T) {
	const rate, interval, duration = 30, 22, 7 // frames
	if every := realSystem(nil).syncEvery; every > interval*time.Second/rate+time.Second/rate {
		t.Errorf("files are synced every %v", every)
	}
	r, boxes := newBoxHarness(t)
	gate := make(syncGate)
	r.wrapFiles(func(f file) file { return gatedFile{f, gate} })
	r.system.syncEvery = time.Millisecond // the gate says when
	r.system.idleLimit = time.Hour
	units := seconds(t, 3+*cuts)
	r.source.publish(units[0])
	name := r.start()
	var found []powerCut
	var syncing, durable []byte
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	nextCut := interval + duration + 1 // the first sync has ended
	for n := 1; len(found) < *cuts; n++ {
		if n == nextCut { // just before a sync that ends now has ended
			found = append(found, powerCut{n, durable})
			nextCut += 1 + random.IntN(rate-1)
		}
		if n%interval == duration {
			durable = syncing
		}
		if n%interval == 0 {
			syncing = gate.begin()
		}
		if n >= lateFrames {
			boxes.publish(on(units[n-lateFrames], aCat))
		}
		r.source.publish(units[n])
		r.source.waitUntilRead()
	}
	close(gate)
	r.stop()
	var lost []int
	for _, cut := range found {
		lost = append(lost, cut.frames-afterPowerCut(t, name, cut.content, units))
	}
	slices.Sort(lost)
	t.Logf("%d cuts: frames lost: median %d, most %d", len(lost), lost[len(lost)/2], lost[len(lost)-1])
	if most := lost[len(lost)-1]; most > rate {
		t.Errorf("%d frames are lost, more than a second's", most)
	}
}

// afterPowerCut recovers what was durable and returns how many frames play: the first ones, in an ordinary MP4.
func afterPowerCut(t *testing.T, name string, content []byte, units []h264.AccessUnit) int {
	after := newHarness(t, nil)
	after.write(name+partSuffix, 0)
	if err := os.WriteFile(after.path(name+partSuffix), content, 0o640); err != nil {
		t.Fatal(err)
	}
	after.Recover()
	held := len(mp4test.Packets(t, after.path(name)))
	after.holds(name, units[:held])
	wantBoxes(t, after.path(name), units[:held])
	mp4test.Plays(t, after.path(name))
	return held
}

func TestUnfinishedFilesAreRecovered(t *testing.T) {
	units := seconds(t, 2)
	name, content := growingFile(t, units)
	later := newHarness(t, nil)
	secret := filepath.Join(t.TempDir(), "secret")
	later.write("petcam_20250101-000000.mp4.part", 0) // nothing was written yet
	later.write("petcam_20250102-000000.mp4.part", 5000)
	later.write("holiday.mp4.part", 5000)
	for path, b := range map[string][]byte{later.path(name + partSuffix): content, later.path(name): []byte("taken"), secret: content} {
		if err := os.WriteFile(path, b, 0o640); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(secret, later.path("petcam_20250103-000000.mp4.part")); err != nil {
		t.Fatal(err)
	}
	later.Recover()
	second := strings.TrimSuffix(name, ".mp4") + "-2.mp4"
	want := []string{
		"holiday.mp4.part", "petcam_20250102-000000.mp4.part", "petcam_20250103-000000.mp4.part", name, second,
	}
	slices.Sort(want)
	if files := later.files(); !slices.Equal(files, want) {
		t.Errorf("files are %v, want %v", files, want)
	}
	later.holds(second, units)
	if b, _ := os.ReadFile(secret); !slices.Equal(b, content) {
		t.Error("a symbolic link was followed")
	}
	if lines := later.log.lines("cannot finish"); len(lines) != 1 {
		t.Errorf("log has %q", lines)
	}
}

func TestRecoverLeavesTheGrowingFileAlone(t *testing.T) {
	r := newHarness(t, nil)
	units := seconds(t, 2)
	r.source.publish(units[:30]...)
	name := r.start()
	r.Recover()
	r.source.publish(units[30:]...)
	r.stop()
	r.holds(name, units)
}
