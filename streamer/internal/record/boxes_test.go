package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"petcam/streamer/internal/detections"
	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/mp4/mp4test"
)

// fakeBoxes is a detector's shared memory that forgets nothing, and a reader of it.
type fakeBoxes struct {
	mu      sync.Mutex
	results []detections.Result
	opened  int
	closed  int
}

func (f *fakeBoxes) publish(results ...detections.Result) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.results = append(f.results, results...)
}

// open gives a reader of its own.
func (f *fakeBoxes) open() Boxes {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.opened++
	return &fakeBoxReader{of: f}
}

type fakeBoxReader struct {
	of   *fakeBoxes
	next int
}

func (r *fakeBoxReader) Poll(to *detections.Result) bool {
	r.of.mu.Lock()
	defer r.of.mu.Unlock()
	if r.next >= len(r.of.results) {
		return false
	}
	boxes := append(to.Boxes[:0], r.of.results[r.next].Boxes...)
	*to = r.of.results[r.next]
	to.Boxes = boxes
	r.next++
	return true
}

func (r *fakeBoxReader) Close() {
	r.of.mu.Lock()
	defer r.of.mu.Unlock()
	r.of.closed++
}

// on is what a detector found on an access unit, in a picture of 80x60 pixels; the videos have 160x120.
func on(au h264.AccessUnit, boxes ...detections.Box) detections.Result {
	return detections.Result{CaptureNS: au.CaptureNS, Width: 80, Height: 60, Boxes: boxes}
}

var (
	aCat     = detections.Box{Class: "cat", Score: 0.93, X: 10, Y: 20, W: 30, H: 40}
	theCat   = `["cat",0.93,20,40,60,80]`
	catAlone = "[" + theCat + "]"
)

// noteOn is what becomes of a result in a file that begins with first.
func noteOn(first, au h264.AccessUnit, sample string) mp4test.Note {
	return mp4test.NoteOf(int64(au.CaptureNS-first.CaptureNS)*9/100_000, sample)
}

func newBoxHarness(t *testing.T) (*harness, *fakeBoxes) {
	boxes := &fakeBoxes{}
	return newHarness(t, func(o *Options) { o.Boxes = boxes.open }), boxes
}

// begins starts a recording with the first ten of the units.
func (h *harness) begins(units []h264.AccessUnit) (name string) {
	h.t.Helper()
	h.source.publish(units[:10]...)
	name = h.start()
	h.source.waitUntilRead()
	return name
}

// ends publishes the rest of the units and stops.
func (h *harness) ends(units []h264.AccessUnit) {
	h.t.Helper()
	h.source.publish(units[10:]...)
	h.stop()
}

// holdsBoxes checks that the file has these access units and notes, and plays.
func (h *harness) holdsBoxes(name string, units []h264.AccessUnit, notes ...mp4test.Note) {
	h.t.Helper()
	h.holds(name, units)
	if got := mp4test.Notes(h.t, h.path(name)); !slices.Equal(got, notes) {
		h.t.Errorf("%s has the notes %v, want %v", name, got, notes)
	}
	mp4test.Plays(h.t, h.path(name))
}

func TestBoxesAreKeptAtTheTimesOfTheirFramesInTheVideosPixels(t *testing.T) {
	r, boxes := newBoxHarness(t)
	units := seconds(t, 1)
	name := r.begins(units)
	boxes.publish(on(units[3], aCat), on(units[9], aCat, detections.Box{Class: "dog", Score: 0.4, X: 0, Y: 0, W: 80, H: 60}))
	r.ends(units)
	r.holdsBoxes(name, units,
		noteOn(units[0], units[3], catAlone), noteOn(units[0], units[9], "["+theCat+`,["dog",0.40,0,0,160,120]]`))
}

func TestALateResultIsFoundAtItsFrameAndTheLastAtTheEnd(t *testing.T) {
	r, boxes := newBoxHarness(t)
	units := seconds(t, 1)
	name := r.begins(units)
	r.source.publish(units[10:]...)
	r.source.waitUntilRead()
	boxes.publish(on(units[10], aCat), on(units[29], aCat)) // no frame comes after them
	r.stop()
	r.holdsBoxes(name, units, noteOn(units[0], units[10], catAlone), noteOn(units[0], units[29], catAlone))
}

func TestAResultWaitsUntilItsFrameIsInTheFile(t *testing.T) {
	r, boxes := newBoxHarness(t)
	units := seconds(t, 2)
	name := r.begins(units)
	var want []mp4test.Note
	for _, au := range units[5:] { // the recording is behind: 55 results wait
		boxes.publish(on(au, aCat))
		want = append(want, noteOn(units[0], au, catAlone))
	}
	r.ends(units)
	r.holdsBoxes(name, units, want...)
}

func TestMoreResultsThanMayWaitStayWithTheDetector(t *testing.T) {
	r, boxes := newBoxHarness(t)
	units := seconds(t, 5)
	name := r.begins(units)
	var want []mp4test.Note
	for _, au := range units[10:] {
		boxes.publish(on(au, aCat))
		want = append(want, noteOn(units[0], au, catAlone))
	}
	r.ends(units)
	r.holdsBoxes(name, units, want...)
}

func TestNothingFoundIsWrittenOnlyBehindABox(t *testing.T) {
	r, boxes := newBoxHarness(t)
	units := seconds(t, 1)
	name := r.begins(units)
	boxes.publish(on(units[0]), on(units[1]), on(units[2], aCat), on(units[3]), on(units[4]), on(units[5], aCat))
	r.ends(units)
	r.holdsBoxes(name, units, noteOn(units[0], units[2], catAlone), noteOn(units[0], units[3], "[]"),
		noteOn(units[0], units[5], catAlone))
}

func TestResultsThatBelongNowhereAreLeftOut(t *testing.T) {
	r, boxes := newBoxHarness(t)
	units := seconds(t, 1)
	name := r.begins(units)
	_, now := bothClocks()
	before, later, never := units[0], units[0], units[0]
	before.CaptureNS--
	later.CaptureNS = now + 3600e9
	never.CaptureNS = 1<<64 - 1
	boxes.publish(on(before, aCat), on(later, aCat), on(never, aCat), on(h264.AccessUnit{}, aCat),
		on(units[5], aCat), on(units[4], aCat), on(units[5], aCat), on(units[2]), on(units[6], aCat))
	r.ends(units)
	r.holdsBoxes(name, units, noteOn(units[0], units[5], catAlone), noteOn(units[0], units[6], catAlone))
}

func TestAResultOfNoFrameOfTheFileIsFoundAtItsTime(t *testing.T) {
	r, boxes := newBoxHarness(t)
	units := seconds(t, 1)
	name := r.begins(units)
	between := units[4]
	between.CaptureNS += 10e6
	boxes.publish(on(between, aCat))
	r.ends(units)
	r.holdsBoxes(name, units, noteOn(units[0], between, catAlone))
}

func TestAnyNameAndManyBoxesAreValidJSON(t *testing.T) {
	r, boxes := newBoxHarness(t)
	units := seconds(t, 1)
	name := r.begins(units)
	many := make([]detections.Box, 64)
	for i := range many {
		many[i] = detections.Box{Class: "quite \"a\" \x01\t\\ 猫", Score: 1, X: float32(i), Y: 1, W: 1, H: 1}
	}
	boxes.publish(on(units[3], many...), on(units[4], append(many, aCat)...))
	r.ends(units)
	sample, found := samples(t, r.path(name)), 0
	for _, text := range sample {
		var read [][]any
		if err := json.Unmarshal(text, &read); err != nil {
			t.Fatalf("%v: %s", err, text)
		}
		if found += len(read); read[63][0] != many[0].Class || read[63][2] != 126.0 {
			t.Errorf("the last box is %v", read[63])
		}
	}
	if len(sample) != 2 || found != 128 {
		t.Errorf("%d samples with %d boxes", len(sample), found)
	}
	r.holds(name, units)
}

// samples gives the samples of a file's boxes, in the file's order.
func samples(t *testing.T, path string) (found [][]byte) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, piece := range bytes.Split(content, []byte("mdat[["))[1:] {
		end := bytes.Index(piece, []byte("]]"))
		found = append(found, append([]byte("[["), piece[:end+2]...))
	}
	return found
}

func TestADetectorThatRunsWildTakesNoMoreThanItsShare(t *testing.T) {
	r, boxes := newBoxHarness(t)
	units := seconds(t, 2)
	name := r.begins(units)
	wild := make([]detections.Box, 64)
	for i := range wild {
		wild[i] = detections.Box{Class: strings.Repeat("\x01", 32), Score: 1, X: 1, Y: 1, W: 1, H: 1}
	}
	for _, au := range units {
		boxes.publish(on(au, wild...)) // 60 results of 14 KiB
	}
	r.ends(units)
	r.holds(name, units)
	video := 0
	for _, packet := range mp4test.Expect(units) {
		video += packet.Size + 108
	}
	taken := r.size(name) - int64(video)
	if least, most := int64(100<<10), int64((64+2*32+8)<<10); taken < least || taken > most {
		t.Errorf("boxes took %d bytes", taken)
	}
	mp4test.Plays(t, r.path(name))
}

// boxFault is a file that takes no boxes.
type boxFault struct {
	file
	err error
}

func (f boxFault) WriteAt(p []byte, off int64) (int, error) {
	if bytes.Contains(p, []byte(`mdat[`)) {
		n, _ := f.file.WriteAt(p[:len(p)/2], off)
		return n, f.err
	}
	return f.file.WriteAt(p, off)
}

func TestBoxesThatTheDiskDoesNotTakeCostTheVideoNothing(t *testing.T) {
	for _, fault := range []error{syscall.EIO, syscall.ENOSPC, syscall.EFBIG, syscall.EROFS} {
		r, boxes := newBoxHarness(t)
		r.wrapFiles(func(f file) file { return boxFault{f, fault} })
		units := seconds(t, 1)
		name := r.begins(units)
		boxes.publish(on(units[3], aCat), on(units[4], aCat), on(units[20], aCat))
		r.ends(units)
		r.holdsBoxes(name, units)
		if lines := r.log.lines("boxes cannot be written"); len(lines) != 1 || !strings.Contains(lines[0], name) {
			t.Errorf("%v: log has %q", fault, lines)
		}
		if status := r.Status(); status.Error != "" || status.Dropped != 0 {
			t.Errorf("%v: status is %+v", fault, status)
		}
	}
}

func TestBoxesGoIntoTheFileThatHasTheirFrame(t *testing.T) {
	boxes := &fakeBoxes{}
	r := newHarness(t, func(o *Options) { o.Boxes, o.Segment = boxes.open, time.Second })
	units := seconds(t, 3)
	r.begins(units)
	for _, i := range []int{5, 29, 30, 59, 60, 80} {
		boxes.publish(on(units[i], aCat))
	}
	r.ends(units)
	boxes.publish(on(units[80], aCat)) // nobody reads any more
	files := r.files()
	if len(files) != 3 {
		t.Fatal(files)
	}
	r.holdsBoxes(files[0], units[:30], noteOn(units[0], units[5], catAlone), noteOn(units[0], units[29], catAlone))
	r.holdsBoxes(files[1], units[30:60], noteOn(units[30], units[30], catAlone), noteOn(units[30], units[59], catAlone))
	r.holdsBoxes(files[2], units[60:], noteOn(units[60], units[60], catAlone), noteOn(units[60], units[80], catAlone))
	if boxes.opened != 1 || boxes.closed != 1 {
		t.Errorf("%d readers were opened, %d closed", boxes.opened, boxes.closed)
	}
}

func TestNothingFoundInTheNextFileIsNotWrittenForABoxInTheOneBefore(t *testing.T) {
	boxes := &fakeBoxes{}
	r := newHarness(t, func(o *Options) { o.Boxes, o.Segment = boxes.open, time.Second })
	units := seconds(t, 2)
	r.begins(units)
	boxes.publish(on(units[29], aCat), on(units[30]), on(units[31]))
	r.ends(units)
	files := r.files()
	r.holdsBoxes(files[0], units[:30], noteOn(units[0], units[29], catAlone))
	r.holdsBoxes(files[1], units[30:])
}

func TestThePreRollHasItsBoxes(t *testing.T) {
	r, boxes := newBoxHarness(t)
	units := seconds(t, 3)
	for _, i := range []int{2, 40, 80} {
		boxes.publish(on(units[i], aCat))
	}
	r.source.publish(units...)
	name := r.start()
	r.stop()
	r.holdsBoxes(name, units, noteOn(units[0], units[2], catAlone), noteOn(units[0], units[40], catAlone),
		noteOn(units[0], units[80], catAlone))
}

func TestThePastHasItsBoxesBesideARecordingThatHasItsOwn(t *testing.T) {
	r, boxes := newBoxHarness(t)
	units := seconds(t, 3)
	boxes.publish(on(units[5], aCat), on(units[70], aCat))
	beside := newFakeSource()
	r.options.Beside = func() Source { return beside }
	beside.publish(units...)
	name := r.begins(units)
	kept, err := r.KeepPast(time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	boxes.publish(on(units[75], aCat))
	r.ends(units)
	first, second, third := noteOn(units[0], units[5], catAlone), noteOn(units[0], units[70], catAlone), noteOn(units[0], units[75], catAlone)
	r.holdsBoxes(name, units, first, second, third)
	r.holdsBoxes(kept.Filename, units, first, second)
	if boxes.opened != 2 || boxes.closed != 2 {
		t.Errorf("%d readers were opened, %d closed", boxes.opened, boxes.closed)
	}
}

func TestWhatTheDetectorsMemoryStillHasIsTakenAlongBeforeItIsOverwritten(t *testing.T) {
	r, boxes := newBoxHarness(t)
	units := seconds(t, 1)
	boxes.publish(on(units[3], aCat))
	r.source.beforeNext = func() { // before the first frame is written
		boxes.mu.Lock()
		defer boxes.mu.Unlock()
		boxes.results = nil
	}
	r.source.publish(units...)
	name := r.start()
	r.stop()
	r.holdsBoxes(name, units, noteOn(units[0], units[3], catAlone))
}

func TestARecordingThatDoesNotBeginClosesItsReaderOfBoxes(t *testing.T) {
	r, boxes := newBoxHarness(t)
	r.system.startTimeout = time.Millisecond
	if _, err := r.Start(""); err == nil {
		t.Fatal("it began without video")
	}
	r.waitUntilEnded()
	if boxes.opened != boxes.closed {
		t.Errorf("%d readers were opened, %d closed", boxes.opened, boxes.closed)
	}
}

func TestBoxesBehindHoursWithoutOneAreKept(t *testing.T) {
	r, boxes := newBoxHarness(t)
	r.system.syncEvery = time.Hour
	units := seconds(t, 1)
	now := uint64(0)
	r.system.now = func() (time.Time, uint64) { return time.Now(), now }
	s := oneSession(t, r)
	s.boxes = r.openBoxes()
	defer s.boxes.close()
	for i, hours := range []uint64{0, 7, 20, 27} {
		units[i].CaptureNS = units[0].CaptureNS + hours*3600e9
		now = units[i].CaptureNS
		boxes.publish(on(units[i], aCat))
		if err := s.add(units[i]); err != nil {
			t.Fatal(err)
		}
	}
	s.begun = true
	name := s.segment.name
	if err := s.closeSegment(); err != nil {
		t.Fatal(err)
	}
	hour := int64(3600 * 90_000)
	r.holdsBoxes(name, units[:4], mp4test.NoteOf(0, catAlone), mp4test.NoteOf(6*hour, "[]"), mp4test.NoteOf(7*hour, catAlone),
		mp4test.NoteOf(13*hour, "[]"), mp4test.NoteOf(19*hour, "[]"), mp4test.NoteOf(20*hour, catAlone),
		mp4test.NoteOf(26*hour, "[]"), mp4test.NoteOf(27*hour, catAlone))
}

func TestWritingAFrameWithADetectorAllocatesNothing(t *testing.T) {
	r, boxes := newBoxHarness(t)
	r.system.syncEvery = time.Hour
	units := seconds(t, 1)
	s := oneSession(t, r)
	s.boxes = r.openBoxes()
	defer s.boxes.close()
	if err := s.add(units[0]); err != nil {
		t.Fatal(err)
	}
	s.begun = true
	au := units[1]
	r.system.now = func() (time.Time, uint64) { return time.Time{}, au.CaptureNS }
	boxes.results = make([]detections.Result, 0, 6000)
	if allocations := testing.AllocsPerRun(5000, func() {
		au.CaptureNS += 33e6
		boxes.publish(detections.Result{CaptureNS: au.CaptureNS, Width: 80, Height: 60, Boxes: oneBox})
		s.idle.reset()
		if err := s.add(au); err != nil {
			t.Fatal(err)
		}
		s.report(au)
	}); allocations != 0 {
		t.Errorf("%v allocations for each frame with its boxes", allocations)
	}
}

var oneBox = []detections.Box{aCat}

func TestAFaultOfTheDiskWithBoxesLosesNothingThatWasWritten(t *testing.T) {
	for failing := range 12 {
		r, boxes := newBoxHarness(t)
		writes := 0
		r.wrapFiles(func(f file) file {
			return failingWrite{f, func() error {
				if writes++; writes == 8+failing { // a frame's, or the boxes' of one
					return errors.Join(syscall.EIO, fmt.Errorf("write %d", writes))
				}
				return nil
			}}
		})
		units := seconds(t, 1)
		for _, au := range units {
			boxes.publish(on(au, aCat))
		}
		r.source.publish(units...)
		name := r.start()
		r.source.waitUntilRead()
		_, _ = r.Stop() // it may have ended by itself
		r.waitUntilEnded()
		packets := mp4test.Packets(t, r.path(name))
		if len(packets) < 3+failing/2 {
			t.Errorf("write %d fails: %d frames are left", 8+failing, len(packets))
		}
		r.holds(name, units[:len(packets)])
		notes := mp4test.Notes(t, r.path(name))
		if missing := len(packets) - len(notes); missing < 0 || missing > 1 {
			t.Errorf("write %d fails: %d notes on %d frames", 8+failing, len(notes), len(packets))
		}
	}
}

// failingWrite asks before each write whether it fails.
type failingWrite struct {
	file
	fails func() error
}

func (f failingWrite) WriteAt(p []byte, off int64) (int, error) {
	if err := f.fails(); err != nil {
		n, _ := f.file.WriteAt(p[:len(p)/2], off)
		return n, err
	}
	return f.file.WriteAt(p, off)
}
