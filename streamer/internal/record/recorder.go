// Package record writes the stream to disk as MP4 files that survive crashes and full disks; docs/recordings.md is its
// specification. It imports detections, h264, mp4, place, sound and the errors of apierror; where the video comes from is its
// caller's choice.
//
// Goroutines: each recording has one that reads the source and writes (session.run, ended by Stop, Close or itself);
// each growing file has one that makes it durable and keeps space free (syncer.run, ended before the file is finished);
// the Recorder has one that deletes by age each hour, one that retries recovery each minute and one that looks whether the
// disk is there (ended by Close), one that looks whether sound is on (the same), one for what is recorded by itself (keeper.run, which is the session's too; ended by
// Close), and one while it keeps the past (ends by itself; Close waits for it).
package record

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"petcam/streamer/internal/apierror"
	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/place"
)

// Source is a reader of the stream that nobody else reads from, so that a slow disk has the whole ring as its buffer.
type Source interface {
	// Next blocks until there is an access unit or ctx ends.
	Next(ctx context.Context) (h264.AccessUnit, error)
	// Rewind makes Next go on at the newest keyframe at least back old, or the oldest there is.
	Rewind(back time.Duration) error
	// Skipped counts what was published and will not be handed out.
	Skipped() uint64
	Close() error
}

// Options are the keys of the configuration's section recording.
type Options struct {
	Directory string
	Place     *place.Place  // of the directory; nil: on whichever disk it is
	PreRoll   time.Duration // how far before Start a recording begins, at most
	Segment   time.Duration // a longer recording goes on in another file
	Mode      Mode          // what is recorded by itself, until SetMode; empty: Manual
	PostRoll  time.Duration // how far behind a lease its recording ends
	MaxBytes  int64         // of all recordings together; 0: no limit
	Pictures  string        // where petcam-web keeps the pictures of visits, which count in MaxBytes; empty: nowhere
	MaxAge    time.Duration // older recordings by hand are deleted; 0: never
	VisitAge  time.Duration // the same for those of visits
	AlwaysAge time.Duration // and for what is recorded always
	MinFree   int64         // bytes of the disk to leave free; 0: a tenth of it or 1 GiB, the larger
	// ParameterSets gives those of the stream that have come up to now, perhaps before what the Source still has; nil: none.
	ParameterSets func() h264.ParameterSets
	// SilentAfter is after how long without a picture the camera counts as silent now; nil: never after over 2 s.
	SilentAfter func() time.Duration
	// Boxes opens a reader of the detector's results, for each recording its own; nil: there is no detector.
	Boxes func() Boxes
	// Sound opens a reader of the microphone's packets, for each recording its own; nil: files have no track of it.
	Sound func() Sound
	// SoundOn says whether sound may be heard; the owner ends it for all. nil: it may.
	SoundOn func() bool
	// Beside opens a further Source, for what is read beside a recording; nil: as New's open does.
	Beside func() Source
	// ByItself opens the Source of what is recorded by itself, one at a time; nil: as Beside.
	ByItself func() Source
	Log      *slog.Logger
}

// Status describes the file being written; while nothing is recorded, the last one.
type Status struct {
	Recording    bool    `json:"recording"`
	Filename     string  `json:"filename"`
	FrameCount   int     `json:"frame_count"`
	BytesWritten int64   `json:"bytes_written"`
	Duration     float64 `json:"duration"`       // seconds
	Dropped      uint64  `json:"dropped_frames"` // of the whole recording: delivered by the camera, but in no file
	Error        string  `json:"error"`          // why the last recording ended by itself
	Reason       string  `json:"reason"`         // the same as a fixed phrase
}

// Recorder owns the recordings directory. All methods may be called from any goroutine.
type Recorder struct {
	options Options
	open    func() Source
	system  system
	space   *space
	// soundSwitch is what SoundOn has said.
	soundSwitch *soundSwitch
	keeper      *keeper         // of what is recorded by itself; it sleeps in the mode manual
	ctx         context.Context // ends at Close
	cancel      context.CancelFunc
	tasks       sync.WaitGroup // the goroutines that end with ctx
	counters    counters

	// recovery is held while files that a crash left are recovered. A recording by hand creates no file before it has held
	// it; one that begins by itself does not wait for gigabytes.
	recovery sync.Mutex
	// beginning is held while a file is created or renamed that grows, and while recovery looks which those are.
	beginning sync.Mutex
	// loggedFailures are the errors of recovery that were logged, by file name; "" is the directory. recovery guards it.
	loggedFailures map[string]string
	// unfinished says that there are files whose recovery may succeed later.
	unfinished atomic.Bool
	// missing says why nothing can be recorded and nothing is looked for; nil: the disk is there.
	missing atomic.Pointer[apierror.Error]
	// looking is held from the look at the disk until missing says what it saw.
	looking sync.Mutex
	// rewinds counts those that are open.
	rewinds atomic.Int32

	// mu guards everything below. It is never held while waiting for a disk, a source or a goroutine.
	mu       sync.Mutex
	status   Status
	session  *session // nil while nothing is recorded
	closed   bool
	off      bool               // the owner has turned the camera off
	sight    context.Context    // ends when that is done
	blind    context.CancelFunc // ends sight
	finished Totals             // of the files that no longer grow
	growing  Status             // of the file that grows; zero where none does
	past     *keeping           // nil: nobody keeps the past just now
	keptPast keptPast           // what was kept last
}

// New makes a Recorder that opens a Source for each recording. Close it.
func New(options Options, open func() Source) *Recorder {
	return newRecorder(options, open, realSystem(options.Place))
}

func newRecorder(options Options, open func() Source, on system) *Recorder {
	ctx, cancel := context.WithCancel(context.Background())
	r := &Recorder{
		options: options, open: open, system: on,
		ctx: ctx, cancel: cancel, loggedFailures: map[string]string{},
	}
	r.sight, r.blind = context.WithCancel(ctx)
	r.space = newSpace(options, &r.system)
	r.soundSwitch = newSoundSwitch(options.SoundOn, func() (time.Time, uint64) { return r.system.now() })
	r.keeper = newKeeper(r, cmp.Or(options.Mode, Manual))
	tasks := []func(){func() { r.space.deleteOldEachHour(ctx) }, r.retryRecovery, r.watchDisk, r.keeper.run}
	if options.Sound != nil && options.SoundOn != nil {
		tasks = append(tasks, r.watchSound)
	}
	for _, task := range tasks {
		r.tasks.Add(1)
		go func() {
			defer r.tasks.Done()
			task()
		}()
	}
	return r
}

// Recover finishes the files that a crash left; it may take seconds for each gigabyte. A recording that begins meanwhile
// waits for it. Close ends it after the current file.
func (r *Recorder) Recover() {
	dir, err := r.system.openDirectory(r.options.Directory)
	r.recovery.Lock()
	defer r.recovery.Unlock()
	if err != nil {
		r.logOnce("", "cannot open the recordings directory", err)
		return
	}
	delete(r.loggedFailures, "")
	defer dir.Close()
	if !r.recording() { // a recording has done this itself, and its own file is not to be recovered
		r.recoverFiles(dir)
	}
}

// openBeside opens a Source for what is read beside a recording.
func (r *Recorder) openBeside() Source {
	if r.options.Beside != nil {
		return r.options.Beside()
	}
	return r.open()
}

// knownSets are the parameter sets that have come so far.
func (r *Recorder) knownSets() (sets h264.ParameterSets) {
	if r.options.ParameterSets != nil {
		sets = r.options.ParameterSets()
	}
	return sets
}

// recording says whether there is a session, also one that only starts.
func (r *Recorder) recording() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.session != nil
}

// Start begins a recording and returns the name of its first file once frames are in it. Errors wrap a *apierror.Error:
// BadRequest, AlreadyRecording, NoVideo, RecordingFailed. Where the disk is too slow it returns before that is free again.
func (r *Recorder) Start(label string) (filename string, err error) {
	if !validLabel(label) {
		return "", apierror.New(apierror.BadRequest, "filename must be 1 to 64 of A-Z a-z 0-9 . _ -")
	}
	s, err := r.begin(byHandPurpose{r, label})
	if err != nil {
		return "", err
	}
	select {
	case <-s.started:
		return s.filename, s.startErr
	case <-s.late.slow:
		return "", errDiskSlow
	}
}

// begin makes the session that only one of several callers gets; it waits for one that is just stopping.
func (r *Recorder) begin(p purpose) (*session, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.session != nil && r.session.stopping {
		ending := r.session
		r.mu.Unlock()
		<-ending.done
		r.mu.Lock()
	}
	switch {
	case r.closed:
		return nil, errStopping
	case r.off:
		return nil, ErrOff
	case r.session != nil && r.session.late.isSlow():
		return nil, errDiskSlow
	case r.session != nil:
		return nil, apierror.New(apierror.AlreadyRecording, "%s is being recorded; stop it first", r.recordedName())
	}
	r.session = newSession(r, p)
	go r.session.run()
	return r.session, nil
}

// seeing is a context that ends once the camera is off.
func (r *Recorder) seeing() context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sight
}

// isOff says whether the owner has turned the camera off.
func (r *Recorder) isOff() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.off
}

// recordedName is for messages. mu must be held.
func (r *Recorder) recordedName() string {
	if !r.status.Recording {
		return "Another recording" // it is just starting
	}
	return r.status.Filename
}

// Stop ends the recording and returns the status of its last file. One that is just starting is stopped once it has
// begun. Errors wrap a *apierror.Error: NotRecording, RecordingFailed.
func (r *Recorder) Stop() (Status, error) {
	r.mu.Lock()
	s := r.session
	if s == nil || s.stopping {
		defer r.mu.Unlock()
		return r.status, apierror.New(apierror.NotRecording, "Nothing is being recorded")
	}
	s.stopping = true
	r.mu.Unlock()

	<-s.started
	if s.startErr != nil {
		return r.Status(), apierror.New(apierror.NotRecording, "Nothing is being recorded")
	}
	s.stop()
	return s.last, s.err
}

// ErrOff says that nothing is recorded because the owner has turned the camera off.
var ErrOff = apierror.New(apierror.CameraOff, "the owner has turned the camera off; it is turned on on petcam's page")

// Turn says whether the owner lets the camera be on. Where it is turned off, what is recorded by hand or by itself is
// finished, without a post-roll, which may take as long as the disk does, and nothing begins. It may be called again and
// again, by one goroutine.
func (r *Recorder) Turn(on bool) {
	r.mu.Lock()
	r.off = !on
	if !on {
		r.blind()
	} else if r.sight.Err() != nil {
		r.sight, r.blind = context.WithCancel(r.ctx)
	}
	s := r.session
	r.mu.Unlock()
	r.keeper.turn(on)
	if !on && s != nil {
		s.cancel(errStopped)
		<-s.done
	}
}

// Status returns the state at this moment.
func (r *Recorder) Status() Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	status := r.status
	if missing := r.missing.Load(); missing != nil && !status.Recording {
		status.Reason, status.Error = missing.Reason, missing.Message
	}
	return status
}

// Close finishes the recording and ends all goroutines. Start fails from now on.
func (r *Recorder) Close() {
	r.mu.Lock()
	r.closed = true
	s := r.session
	r.mu.Unlock()
	if s != nil {
		s.cancel(errStopped)
		<-s.done
	}
	r.cancel()
	r.tasks.Wait()
}

// progress makes the state of the file being written known.
func (r *Recorder) progress(status Status) {
	r.mu.Lock()
	r.status, r.growing = status, status
	r.mu.Unlock()
}

// closedFile counts a file that no longer grows.
func (r *Recorder) closedFile(status Status) {
	r.mu.Lock()
	r.status, r.growing = status, Status{}
	r.finished.add(status)
	r.mu.Unlock()
}

// finishFile finishes a file; one that cannot be finished now is tried again later.
func (r *Recorder) finishFile(dir *directory, file *segment) error {
	name := file.name
	err := file.finish(dir)
	if err != nil {
		r.unfinished.Store(true)
		r.space.ended(name, 0, file.mp4.Size())
		return err
	}
	r.space.ended(name, file.size, 0)
	return nil
}

// discardFile deletes a file that was being written.
func (r *Recorder) discardFile(dir *directory, file *segment) error {
	defer r.space.discarded(file.name)
	return file.discard(dir)
}

// sayLacks logs what the disk does not have and recordings work without; the file of that name was just begun.
func (r *Recorder) sayLacks(dir *directory, name string) {
	if lacks := dir.Lacks(name + partSuffix); len(lacks) > 0 {
		r.options.Log.Info("the disk of recording.directory has no " + strings.Join(lacks, ", no ") +
			" of its own; recordings work without, and its mount options say who may read them")
	}
}

// countFile counts a file that was written beside the recording.
func (r *Recorder) countFile(status Status) {
	r.mu.Lock()
	r.finished.add(status)
	r.mu.Unlock()
}

// ended takes note that the session is over; err says why it ended by itself and is nil after Stop and Close.
func (r *Recorder) ended(s *session, err error) {
	if s.begun && err != nil {
		r.options.Log.Error("recording ended", "error", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.session = nil
	if !r.status.Recording {
		return // it never began: its error is Start's answer
	}
	r.status.Recording = false
	if err != nil {
		r.status.Reason, r.status.Error = reasonOf(err)
	}
	s.last = r.status
}

func reasonOf(err error) (reason, message string) {
	var f *apierror.Error
	if errors.As(err, &f) {
		return f.Reason, f.Message
	}
	return string(apierror.Internal), "The recording ended by a defect; see the log"
}
