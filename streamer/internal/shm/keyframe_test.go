package shm_test

import (
	"strings"
	"testing"
	"time"

	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/shmtest"
)

// ago makes a picture that was captured some seconds ago.
func ago(seconds float64, keyframe bool) h264.AccessUnit {
	unit := shmtest.Frame(1, keyframe, 1000)
	unit.CaptureNS = shm.Now() - uint64(seconds*float64(time.Second))
	return unit
}

// wantNow polls all that is there, and then wants a state with words.
func wantNow(t *testing.T, reader *shm.Reader, state, words string) {
	t.Helper()
	for range 100 {
		reader.Poll()
	}
	if got, message := reader.State(); got != state || !strings.Contains(message, words) {
		t.Errorf("%s (%s), want %s with %q", got, message, state, words)
	}
}

// begun is a segment with a reader that waits for its first picture.
func begun(t *testing.T) (*shmtest.Writer, *shm.Reader) {
	name := shmtest.Name(t)
	writer, reader := shmtest.New(t, name), open(t, name)
	reader.Poll()
	return writer, reader
}

func TestPicturesWithoutAKeyframeAreAStateOfTheirOwn(t *testing.T) {
	writer, reader := begun(t)
	writer.Publish(ago(3.5, false))
	writer.Publish(ago(0, false))
	wantNow(t, reader, shm.NoKeyframe, "no keyframe for 3 s: lower the camera's keyframe interval")
	if reader.KeyframeNS() != 0 {
		t.Error("there is a keyframe")
	}
	key := ago(0, true)
	writer.Publish(key)
	wantNow(t, reader, shm.Live, "")
	if reader.KeyframeNS() != key.CaptureNS {
		t.Error("there is no keyframe")
	}
}

func TestAKeyframeIsWaitedForBeforeThatIsAState(t *testing.T) {
	writer, reader := begun(t)
	writer.Publish(ago(1, false))
	wantNow(t, reader, shm.Live, "")
}

func TestAKeyframeOfOverTwelveSecondsAgoIsNone(t *testing.T) {
	writer, reader := begun(t)
	writer.Publish(ago(11, true))
	writer.Publish(ago(0, false))
	wantNow(t, reader, shm.Live, "")
	writer, reader = begun(t)
	writer.Publish(ago(70, true))
	writer.Publish(ago(0, false))
	wantNow(t, reader, shm.NoKeyframe, "no keyframe for 70 s")
	if reader.KeyframeNS() == 0 {
		t.Error("it is gone, though it is in the segment")
	}
	for range shm.SlotCount {
		writer.Publish(ago(0, false))
		reader.Poll()
	}
	wantNow(t, reader, shm.NoKeyframe, "no keyframe for 70 s")
	if reader.KeyframeNS() != 0 {
		t.Error("it is still there")
	}
}

func TestAKeyframeBeforeAGapDoesNotLeadToWhatComesBehind(t *testing.T) {
	writer, reader := begun(t)
	writer.Publish(ago(5, true))
	for _, seconds := range []float64{4, 3} { // connections that came to nothing
		torn := ago(seconds, false)
		torn.Discontinuity = true
		writer.Publish(torn)
	}
	writer.Publish(ago(0, false))
	wantNow(t, reader, shm.NoKeyframe, "no keyframe for 4 s")
}

func TestASilentCameraLacksPicturesAndNotKeyframes(t *testing.T) {
	writer, reader := begun(t)
	writer.Publish(ago(20, true))
	wantNow(t, reader, shm.NoKeyframe, "")
	if state, message := reader.StateAt(shm.Now() + shm.StaleNS); state != shm.Silent {
		t.Errorf("%s (%s), want silent", state, message)
	}
}
