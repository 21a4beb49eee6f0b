package record

import (
	"errors"
	"math"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/h264"
)

const (
	// leastNews: within so much of what was kept last, another press means the same.
	leastNews = 2 * time.Second
	// maxPastBytes bounds what is copied out of the shared memory, whose data area is smaller.
	maxPastBytes = 24 << 20
	// maxPastTries: the oldest pictures may be overwritten while they are copied.
	maxPastTries = 3
	noLimit      = time.Duration(math.MaxInt64)
)

// Kept says what KeepPast has kept.
type Kept struct {
	Filename string   `json:"filename"` // of the newest file
	Files    []string `json:"files"`    // all of them, oldest first: more than one only where one cannot hold what came
	Seconds  float64  `json:"seconds"`  // of video in them
	Bytes    int64    `json:"bytes"`
	Again    bool     `json:"again"` // it was kept before, and nothing is new
}

// keptPast is what was kept last, and the newest picture in it.
type keptPast struct {
	kept      Kept
	epoch     uint64
	captureNS uint64
}

// keeping keeps the past once, for all who ask meanwhile.
type keeping struct {
	done chan struct{} // closed when the next two may be read
	kept Kept
	err  error
}

// KeepPast keeps the last span of video, as much of it as the shared memory holds, as a recording that is finished and
// durable when this returns; a recording that runs goes on beside it. What an earlier call has kept is not kept again but
// for the pictures since a keyframe. Errors wrap a *apierror.Error: NoVideo, RecordingFailed. Where the disk is too slow it
// returns before the recording is finished.
func (r *Recorder) KeepPast(span time.Duration) (Kept, error) {
	if r.isOff() {
		return Kept{}, ErrOff
	}
	k, err := r.keeping(span)
	if err != nil {
		return Kept{}, err
	}
	late := time.NewTimer(r.system.diskTimeout)
	defer late.Stop()
	select {
	case <-k.done:
		return k.kept, k.err
	case <-late.C:
		return Kept{}, errDiskSlow
	}
}

// keeping gives the one that is under way, or begins one.
func (r *Recorder) keeping(span time.Duration) (*keeping, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, errStopping
	}
	if r.past != nil {
		return r.past, nil
	}
	k := &keeping{done: make(chan struct{})}
	r.past = k
	before := r.keptPast
	r.tasks.Add(1)
	go func() {
		defer r.tasks.Done()
		defer close(k.done)
		last, err := r.keepPast(span, before)
		k.kept, k.err = last.kept, err
		if err != nil && !errors.Is(err, errNoVideo) {
			r.options.Log.Error("the past cannot be kept", "error", err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.past = nil
		if err == nil {
			last.kept.Again = false
			r.keptPast = last
		}
	}()
	return k, nil
}

// keepPast copies the past first, which takes milliseconds, and writes it then, however slow the disk is.
func (r *Recorder) keepPast(span time.Duration, before keptPast) (keptPast, error) {
	_, now := r.system.now()
	boxes := r.openBoxes()
	defer boxes.close()
	sound := r.openSound()
	defer sound.close()
	units, err := r.copyPast(span, now)
	if err != nil {
		return keptPast{}, err
	}
	if len(units) == 0 || units[len(units)-1].CaptureNS+uint64(span) < now {
		return keptPast{}, apierror.New(apierror.NoVideo, "The camera has sent nothing within the last %.0f s", span.Seconds())
	}
	dir, err := r.system.openDirectory(r.options.Directory)
	if err != nil {
		return keptPast{}, diskError(err)
	}
	defer dir.Close()
	newest := units[len(units)-1]
	if before.epoch == newest.Epoch && dir.exists(before.kept.Filename) {
		if newest.CaptureNS < before.captureNS+uint64(leastNews) {
			before.kept.Again = true
			return before, nil
		}
		units = sinceKeyframe(units, before.captureNS)
	}
	kept, err := r.writePast(dir, units, boxes, sound)
	return keptPast{kept, newest.Epoch, newest.CaptureNS}, err
}

// copyPast copies the access units out of the shared memory, from the newest keyframe on that is at least so old, or the
// oldest there is, to the newest that was published before now.
func (r *Recorder) copyPast(span time.Duration, now uint64) (units []h264.AccessUnit, err error) {
	source := r.openBeside()
	defer source.Close()
	for range maxPastTries {
		if source.Rewind(span) != nil {
			return nil, errNoVideo
		}
		skipped := source.Skipped()
		units = r.readUntil(source, now)
		if source.Skipped() == skipped {
			break // else something was overwritten meanwhile, and what follows is far behind it
		}
	}
	return units, nil
}

// readUntil reads what was published before now.
func (r *Recorder) readUntil(source Source, now uint64) (units []h264.AccessUnit) {
	patience := newIdleContext(r.ctx, r.system.pastTimeout)
	defer patience.stop()
	for bytes := 0; bytes < maxPastBytes; {
		au, err := source.Next(patience.ctx)
		if err != nil || published(au) > now {
			break
		}
		patience.reset()
		units = append(units, au)
		bytes += len(au.Data)
	}
	return units
}

// sinceKeyframe gives those from the newest keyframe on that was captured at a time or before; all, where there is none.
func sinceKeyframe(units []h264.AccessUnit, captureNS uint64) []h264.AccessUnit {
	from := 0
	for i, au := range units {
		if au.CaptureNS > captureNS {
			break
		}
		if au.Keyframe {
			from = i
		}
	}
	return units[from:]
}

// writePast makes a recording of access units, boxes and sound.
func (r *Recorder) writePast(dir *directory, units []h264.AccessUnit, boxes *boxFeed, sound *soundFeed) (Kept, error) {
	w := &pastWriter{
		recorder: r, dir: dir, clock: wallClock{now: r.system.now}, sets: r.knownSets(), left: sizeOf(units), boxes: boxes,
		sound: sound,
	}
	for _, au := range units {
		if err := w.add(au); err != nil {
			return Kept{}, diskError(w.giveUp(err))
		}
	}
	if err := w.finish(); err != nil {
		return Kept{}, diskError(err)
	}
	if len(w.kept.Files) == 0 {
		return Kept{}, errNoVideo
	}
	return w.kept, nil
}

func sizeOf(units []h264.AccessUnit) (bytes int64) {
	for _, au := range units {
		bytes += int64(len(au.Data))
	}
	return bytes
}

// pastWriter writes access units that are all there into files, by the rules of docs/recordings.md.
type pastWriter struct {
	recorder *Recorder
	dir      *directory
	clock    wallClock
	sets     h264.ParameterSets
	unbroken continuity
	segment  *segment // nil between files
	left     int64    // bytes that are still to be written
	boxes    *boxFeed
	sound    *soundFeed
	kept     Kept
}

func (w *pastWriter) add(au h264.AccessUnit) error {
	w.left -= int64(len(au.Data))
	au = withSets(&w.sets, au)
	if w.segment != nil && w.segment.endsBefore(&w.sets, au, noLimit) {
		if err := w.finish(); err != nil {
			return err
		}
	}
	if w.unbroken.isLost(au, w.segment != nil) {
		return nil
	}
	if w.segment == nil {
		if err := w.begin(au); err != nil || w.segment == nil {
			return err
		}
	}
	err := w.segment.writeMakingRoom(w.recorder.space, w.dir, &w.sets, au)
	if err == nil {
		w.boxes.write(w.segment)
		w.sound.write(w.segment)
	}
	return err
}

// begin begins a file with au, unless decoding cannot begin there. Recovery does not look for files meanwhile, and knows
// this one afterwards.
func (w *pastWriter) begin(au h264.AccessUnit) error {
	sets, ok := trackSetsOf(&w.sets, au.Data)
	if !ok || !h264.IsKeyframe(au.Data) {
		return nil
	}
	w.recorder.beginning.Lock()
	defer w.recorder.beginning.Unlock()
	space := w.recorder.space
	isNew, err := space.count(w.dir)
	if err != nil {
		return err
	}
	if err := space.makeRoom(w.dir, "", 0, true); err != nil {
		return err
	}
	if err := space.holds(w.dir, int64(len(au.Data))+w.left); err != nil {
		return err
	}
	w.segment, err = createSegment(w.dir, "", w.clock.at(au.CaptureNS), sets, au, w.dir.MaxFile(), w.sound)
	if err != nil {
		return err
	}
	space.begins(w.segment.name)
	if isNew {
		w.recorder.sayLacks(w.dir, w.segment.name)
	}
	return nil
}

// finish finishes the file; where the limits do not let it stay, it is deleted.
func (w *pastWriter) finish() error {
	if w.segment == nil {
		return nil
	}
	if err := w.recorder.space.makeRoom(w.dir, w.segment.name, w.segment.mp4.Size(), false); err != nil {
		return w.giveUp(err)
	}
	segment := w.segment
	w.segment = nil
	w.sound.finish(segment)
	if err := w.recorder.finishFile(w.dir, segment); err != nil {
		return err
	}
	status := segment.status()
	w.recorder.countFile(status)
	w.kept.Filename, w.kept.Files = segment.name, append(w.kept.Files, segment.name)
	w.kept.Seconds += status.Duration
	w.kept.Bytes += status.BytesWritten
	return nil
}

// giveUp deletes the file that is being written, and gives the error why.
func (w *pastWriter) giveUp(why error) error {
	if w.segment != nil {
		_ = w.recorder.discardFile(w.dir, w.segment) // recovery finishes what stays
		w.segment = nil
	}
	return why
}
