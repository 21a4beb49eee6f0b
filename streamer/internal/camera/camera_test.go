package camera_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"petcam/streamer/internal/camera"
	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/shmtest"
)

// anamorphic is an SPS of 352×288 pixels of 16:11, which x264 wrote.
var anamorphic = []byte("\x67\x42\xc0\x0d\xd9\x01\x60\x96\xc1\x04\x00\x00\x03\x00\x04\x00\x00\x03\x00\xc8\x3c\x50\xa9\x20")

// source hands out what is put into units; a closed channel is its failure.
type source struct {
	units  chan h264.AccessUnit
	state  string
	closed chan struct{}

	keyframeNS  uint64
	silentAfter time.Duration
}

func newSource(state string) *source {
	return &source{units: make(chan h264.AccessUnit), state: state, closed: make(chan struct{}), silentAfter: time.Second}
}

var errBroken = errors.New("broken")

func (s *source) Next(ctx context.Context) (h264.AccessUnit, error) {
	select {
	case <-ctx.Done():
		return h264.AccessUnit{}, ctx.Err()
	case unit, ok := <-s.units:
		if !ok {
			return unit, errBroken
		}
		return unit, nil
	}
}

func (s *source) State() (string, string) { return s.state, "because" }

func (s *source) Skipped() uint64 { return 3 }

func (s *source) SilentAfter() time.Duration { return s.silentAfter }

func (s *source) KeyframeNS() uint64 { return s.keyframeNS }

func (s *source) Close() error {
	close(s.closed)
	return nil
}

func TestItPassesOnEveryAccessUnitInOrder(t *testing.T) {
	src, got := newSource("live"), make(chan uint64)
	start(t, newCamera(src, func(unit h264.AccessUnit) { got <- unit.Record }))
	for record := range uint64(5) {
		src.units <- h264.AccessUnit{Epoch: 1, Record: record}
		if handed := <-got; handed != record {
			t.Errorf("got record %d, want %d", handed, record)
		}
	}
}

func TestItClosesTheSourceWhenItEnds(t *testing.T) {
	src := newSource("live")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := newCamera(src, nil).Run(ctx); err != nil {
		t.Error(err)
	}
	<-src.closed
}

func TestItEndsWithTheSourcesError(t *testing.T) {
	src := newSource("live")
	close(src.units)
	if err := newCamera(src, nil).Run(t.Context()); !errors.Is(err, errBroken) {
		t.Errorf("got %v, want the source's error", err)
	}
}

func TestItStaysActiveWithoutACamera(t *testing.T) {
	cam := newCamera(newSource("waiting"), nil)
	if !cam.LastActive().IsZero() {
		t.Error("it went round before it ran")
	}
	start(t, cam)
	waitFor(t, func() bool { return !cam.LastActive().IsZero() })
}

func TestHealthTellsSizeRateAndAge(t *testing.T) {
	src, got := newSource("live"), make(chan struct{})
	cam := newCamera(src, func(h264.AccessUnit) { got <- struct{}{} })
	start(t, cam)
	begin := monotonic() - uint64(4*time.Second)
	for i := range uint64(100) { // 25 pictures a second of 10,000 bytes, all at once
		src.units <- h264.AccessUnit{
			Epoch: 1, CaptureNS: begin + i*uint64(40*time.Millisecond),
			Width: 1280, Height: 720, Data: make([]byte, 10_000),
		}
		<-got
	}
	health := cam.Health()
	if health.Width != 1280 || health.Height != 720 || health.State != "live" || health.Message != "because" {
		t.Errorf("got %+v", health)
	}
	if math.Abs(health.FPS-25) > 0.01 || health.Bitrate != 2_000_000 {
		t.Errorf("got %v frames/s and %d b/s, want 25 and 2000000", health.FPS, health.Bitrate)
	}
	if health.AgeMS < 40 {
		t.Errorf("the newest picture is %d ms old, want at least 40", health.AgeMS)
	}
}

func TestKeyframesGetTheParameterSetsThatCameBefore(t *testing.T) {
	src, got := newSource("live"), make(chan h264.AccessUnit)
	cam := newCamera(src, func(unit h264.AccessUnit) { got <- unit })
	start(t, cam)
	whole := shmtest.Frame(0, true, 100)
	for _, unit := range []h264.AccessUnit{
		{Data: whole.Data[:len(shmtest.SPS)+len(shmtest.PPS)+8]},
		{Data: whole.Data[len(shmtest.SPS)+len(shmtest.PPS)+8:], Keyframe: true},
	} {
		src.units <- unit
		if handed := <-got; handed.Keyframe && !bytes.Equal(handed.Data, whole.Data) {
			t.Errorf("got %x, want the sets before it", handed.Data)
		}
	}
	sets := cam.ParameterSets()
	if sps, ok := sets.SPS(whole.Data); !ok || sps.Width != 1280 {
		t.Errorf("got an SPS of %d pixels", sps.Width)
	}
}

func TestRatesAreZeroUnlessLive(t *testing.T) {
	src, got := newSource("silent"), make(chan struct{})
	cam := newCamera(src, func(h264.AccessUnit) { got <- struct{}{} })
	start(t, cam)
	for i := range uint64(3) {
		src.units <- h264.AccessUnit{Epoch: 1, CaptureNS: 1 + i*1_000_000, Data: make([]byte, 1)}
		<-got
	}
	if health := cam.Health(); health.FPS != 0 || health.Bitrate != 0 {
		t.Errorf("got %+v, want no rates", health)
	}
}

func TestASlowCameraHasARateAndItsOwnPatience(t *testing.T) {
	src, got := newSource("live"), make(chan struct{})
	src.silentAfter = 6250 * time.Millisecond
	cam := newCamera(src, func(h264.AccessUnit) { got <- struct{}{} })
	start(t, cam)
	begin := monotonic() - uint64(5*time.Second)
	for i := range uint64(3) {
		src.units <- h264.AccessUnit{Epoch: 1, CaptureNS: begin + i*uint64(2500*time.Millisecond), Data: make([]byte, 1000)}
		<-got
	}
	if health := cam.Health(); math.Abs(health.FPS-0.4) > 0.001 || health.Bitrate != 3200 || health.SilentAfterMS != 6250 {
		t.Errorf("got %+v, want 0.4 frames/s, silent after 6250 ms", health)
	}
}

func TestHealthTellsTheKeyframesAgeAndThePixelsAspect(t *testing.T) {
	src, got := newSource("live"), make(chan struct{})
	src.keyframeNS = monotonic() - uint64(5*time.Second)
	cam := newCamera(src, func(h264.AccessUnit) { got <- struct{}{} })
	start(t, cam)
	unit := shmtest.Frame(0, true, 100)
	unit.Data = bytes.Replace(unit.Data, shmtest.SPS, anamorphic, 1)
	src.units <- unit
	<-got
	if health := cam.Health(); health.KeyframeAgeMS < 5000 || health.Aspect != [2]int{16, 11} {
		t.Errorf("got %+v, want a keyframe of 5 s ago, pixels of 16:11", health)
	}
}

func TestPicturesWithoutAKeyframeHaveARate(t *testing.T) {
	src, got := newSource(camera.NoKeyframe), make(chan struct{})
	cam := newCamera(src, func(h264.AccessUnit) { got <- struct{}{} })
	start(t, cam)
	begin := monotonic() - uint64(time.Second)
	for i := range uint64(26) {
		src.units <- h264.AccessUnit{Epoch: 1, CaptureNS: begin + i*40_000_000, Data: make([]byte, 1000)}
		<-got
	}
	if health := cam.Health(); math.Abs(health.FPS-25) > 0.01 {
		t.Errorf("got %+v, want 25 frames/s", health)
	}
}

func TestHealthBeforeTheFirstPictureSaysSo(t *testing.T) {
	want := `{"state":"waiting","message":"because","width":0,"height":0,"fps":0,"bitrate":0,"age_ms":-1,"skipped":3,"keyframe_age_ms":-1,"aspect":[1,1],"silent_after_ms":1000}`
	if got, _ := json.Marshal(newCamera(newSource("waiting"), nil).Health()); string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestNotingAPictureAllocatesNothing(t *testing.T) {
	src, got := newSource("live"), make(chan struct{})
	start(t, newCamera(src, func(h264.AccessUnit) { got <- struct{}{} }))
	unit := h264.AccessUnit{Epoch: 1, Data: make([]byte, 100)}
	allocations := testing.AllocsPerRun(1000, func() {
		unit.CaptureNS += 1_000_000
		src.units <- unit
		<-got
	})
	if allocations != 0 {
		t.Errorf("%v allocations per picture, want 0", allocations)
	}
}

func TestItRunsAReaderOfTheSharedMemory(t *testing.T) {
	name, got := shmtest.Name(t), make(chan h264.AccessUnit)
	cam := newCamera(shm.Open(name, shm.WithLogger(slog.New(slog.DiscardHandler))), func(unit h264.AccessUnit) { got <- unit })
	start(t, cam)
	waitFor(t, func() bool { return cam.Health().State == "waiting" })
	shmtest.New(t, name).Publish(shmtest.Frame(0, true, 1000))
	<-got
	if health := cam.Health(); health.State != "live" || health.Width != 1280 {
		t.Errorf("got %+v, want a live picture of 1280 pixels", health)
	}
	if err := os.Remove(shm.Directory + name); err != nil {
		t.Error(err)
	}
	waitFor(t, func() bool { return cam.Health().State == "waiting" })
}

func newCamera(source camera.Source, sink func(h264.AccessUnit)) *camera.Camera {
	return camera.New(source, sink, slog.New(slog.DiscardHandler))
}

// start runs a camera for as long as the test.
func start(t *testing.T, cam *camera.Camera) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- cam.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// waitFor returns once something is so; the test's own time limit ends it otherwise.
func waitFor(t *testing.T, so func() bool) {
	t.Helper()
	for range time.Tick(time.Millisecond) {
		if so() {
			return
		}
	}
}

func monotonic() uint64 {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &now)
	return uint64(now.Nano())
}
