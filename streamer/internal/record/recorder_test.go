package record

import (
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"petcam/streamer/internal/apierror"
)

func TestARecordingBecomesAnOrdinaryMP4(t *testing.T) {
	r := newHarness(t, nil)
	units := seconds(t, 5)
	r.source.publish(units...)
	name, err := r.Start("sofa")
	if err != nil {
		t.Fatal(err)
	}
	status := r.stop()
	r.holds(name, units)
	if files := r.files(); !slices.Equal(files, []string{name}) || !regexp.MustCompile(`^petcam_\d{8}-\d{6}_sofa\.mp4$`).MatchString(name) {
		t.Errorf("files are %v", files)
	}
	info, err := os.Stat(r.path(name))
	if err != nil || info.Mode() != 0o640 {
		t.Fatalf("mode is %v, %v", info.Mode(), err)
	}
	if age := time.Since(info.ModTime()); age < 0 || age > time.Minute {
		t.Errorf("its time is %v ago, not that of the last frame", age)
	}
	if status.FrameCount != 150 || status.BytesWritten != info.Size() || status.Duration < 4.99 || status.Duration > 5.01 || status.Recording {
		t.Errorf("status is %+v, the file has %d bytes", status, info.Size())
	}
}

func TestTheStatusIsTheDocumentedJSON(t *testing.T) {
	b, err := json.Marshal(newHarness(t, nil).Status())
	want := `{"recording":false,"filename":"","frame_count":0,"bytes_written":0,"duration":0,"dropped_frames":0,"error":"","reason":""}`
	if err != nil || string(b) != want {
		t.Errorf("%s, %v", b, err)
	}
}

func TestARecordingIncludesThePreRoll(t *testing.T) {
	r := newHarness(t, func(o *Options) { o.PreRoll = 2500 * time.Millisecond })
	units := seconds(t, 6)
	r.source.publish(units...)
	name := r.start()
	r.stop()
	r.holds(name, units[3*30:]) // the newest keyframe at least 2.5 s old
}

func TestFramesPublishedBeforeStopAreInTheFile(t *testing.T) {
	r := newHarness(t, nil)
	r.system.stopTimeout = time.Hour
	units := seconds(t, 3)
	r.source.publish(units[:31]...)
	name := r.start()
	r.source.publish(units[31:60]...)
	s := r.session
	go func() { // a frame that comes after Stop ends it
		for s.stopNS.Load() == 0 {
			runtime.Gosched()
		}
		r.source.publish(units[60:]...)
	}()
	if _, err := r.Stop(); err != nil {
		t.Fatal(err)
	}
	r.holds(name, units[:60])
}

func TestRecordingsOfTheSameSecondGetDifferentNames(t *testing.T) {
	r := newHarness(t, nil)
	r.source.publish(seconds(t, 1)...)
	var names []string
	for range 3 {
		names = append(names, r.start())
		r.stop()
	}
	if !strings.HasSuffix(names[1], "-2.mp4") || !strings.HasSuffix(names[2], "-3.mp4") || len(r.files()) != 3 {
		t.Errorf("names are %v", names)
	}
}

func TestAnExistingFileOfTheSameNameIsNotReplaced(t *testing.T) {
	r := newHarness(t, nil)
	r.source.publish(seconds(t, 1)...)
	name := r.start()
	if err := os.WriteFile(r.path(name), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	status := r.stop()
	if content, _ := os.ReadFile(r.path(name)); string(content) != "mine" || status.Filename == name || !strings.Contains(status.Filename, "-2") {
		t.Errorf("%s became %q", name, status.Filename)
	}
}

func TestALabelWithForbiddenCharactersIsRefused(t *testing.T) {
	r := newHarness(t, nil)
	for _, label := range []string{"../x", "a/b", "a\x00", "猫", "a b", strings.Repeat("x", 65), "x\n"} {
		_, err := r.Start(label)
		wantError(t, err, apierror.BadRequest, "filename")
	}
}

func TestStopWithoutARecordingIsRefused(t *testing.T) {
	_, err := newHarness(t, nil).Stop()
	wantError(t, err, apierror.NotRecording, "Nothing")
}

func TestOnlyOneOfTenConcurrentStartsSucceeds(t *testing.T) {
	r := newHarness(t, nil)
	r.source.publish(seconds(t, 1)...)
	errs := make([]error, 10)
	var all sync.WaitGroup
	for i := range errs {
		all.Add(1)
		go func() {
			defer all.Done()
			_, errs[i] = r.Start("")
		}()
	}
	all.Wait()
	refused := 0
	for _, err := range errs {
		var f *apierror.Error
		if errors.As(err, &f) && f.Code == apierror.AlreadyRecording {
			refused++
		} else if err != nil {
			t.Error(err)
		}
	}
	if refused != 9 {
		t.Errorf("%d were refused, want 9", refused)
	}
	r.stop()
}

func TestConcurrentStartsAndStopsMatchTheFiles(t *testing.T) {
	r := newHarness(t, nil)
	r.source.publish(seconds(t, 1)...)
	var mu sync.Mutex
	var started, stopped int
	var all sync.WaitGroup
	for range 4 {
		all.Add(2)
		go func() {
			defer all.Done()
			for range 5 {
				if _, err := r.Start(""); err == nil {
					mu.Lock()
					started++
					mu.Unlock()
				}
			}
		}()
		go func() {
			defer all.Done()
			for range 5 {
				if _, err := r.Stop(); err == nil {
					mu.Lock()
					stopped++
					mu.Unlock()
				}
			}
		}()
	}
	all.Wait()
	if r.Status().Recording {
		r.stop()
		stopped++
	}
	if files := r.files(); started != stopped || len(files) != started {
		t.Errorf("%d started, %d stopped, files %v", started, stopped, files)
	}
	for _, name := range r.files() {
		if !strings.HasSuffix(name, ".mp4") {
			t.Errorf("%s was not finished", name)
		}
	}
}

func TestStopWhileStartingStopsTheRecording(t *testing.T) {
	r := newHarness(t, nil)
	units := seconds(t, 1)
	waiting := make(chan struct{})
	r.source.beforeNext = sync.OnceFunc(func() { close(waiting) })
	started, stopped := make(chan error), make(chan error)
	go func() {
		_, err := r.Start("")
		started <- err
	}()
	<-waiting
	go func() {
		_, err := r.Stop()
		stopped <- err
	}()
	r.source.publish(units...)
	if err := <-started; err != nil {
		t.Error(err)
	}
	if err := <-stopped; err != nil {
		// Stop came before the session did, or its video.
		wantError(t, err, apierror.NotRecording, "")
		r.stop()
	}
	if files := r.files(); len(files) != 1 || !strings.HasSuffix(files[0], ".mp4") {
		t.Errorf("files are %v", files)
	}
}

func TestCloseFinishesTheRecording(t *testing.T) {
	r := newHarness(t, nil)
	r.source.publish(seconds(t, 1)...)
	name := r.start()
	r.Close()
	if boxes := strings.Join(r.files(), " "); boxes != name {
		t.Errorf("files are %s", boxes)
	}
	_, err := r.Start("")
	wantError(t, err, apierror.RecordingFailed, "stopping")
}

func TestCloseWhileStartingLeavesNoFile(t *testing.T) {
	r := newHarness(t, nil)
	waiting := make(chan struct{})
	r.source.beforeNext = sync.OnceFunc(func() { close(waiting) })
	started := make(chan error)
	go func() {
		_, err := r.Start("")
		started <- err
	}()
	<-waiting
	r.Close()
	wantError(t, <-started, apierror.RecordingFailed, "stopping")
	if files := r.files(); len(files) != 0 {
		t.Errorf("files are %v", files)
	}
}

func TestStartWithoutVideoIsRefused(t *testing.T) {
	old := seconds(t, 2)
	for i := range old {
		old[i].CaptureNS -= 10e9
	}
	headless := seconds(t, 1)[1:]
	for name, prepare := range map[string]func(*fakeSource){
		"nothing was ever published":    func(*fakeSource) {},
		"what there is is old":          func(r *fakeSource) { r.put(old...) },
		"no keyframe comes":             func(r *fakeSource) { r.publish(headless...) },
		"the source says there is none": func(r *fakeSource) { r.fail(errors.New("refused")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newHarness(t, nil)
			prepare(r.source)
			_, err := r.Start("")
			wantError(t, err, apierror.NoVideo, "amera")
			if files, status := r.files(), r.Status(); len(files) != 0 || status != (Status{}) {
				t.Errorf("files are %v, status %+v", files, status)
			}
			r.source.fail(nil)
			r.source.publish(seconds(t, 1)...)
			r.start()
			r.stop()
		})
	}
}
