package shm_test

import (
	"os"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"petcam/streamer/internal/shm"
	"petcam/streamer/internal/shm/shmtest"
)

func TestAStreamIsSilentByItsOwnPace(t *testing.T) {
	text, err := os.ReadFile("../../../tests/silence-cases.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Published   []uint64
		SilentAfter uint64 `yaml:"silent_after"`
	}
	if err := yaml.Unmarshal(text, &cases); err != nil || len(cases) == 0 {
		t.Fatal(err, len(cases))
	}
	for _, c := range cases {
		published := make([]uint64, len(c.Published))
		for i, ms := range c.Published {
			published[i] = ms * 1e6
		}
		if got := shm.SilentAfterNS(published); got != c.SilentAfter*1e6 {
			t.Errorf("after %v ms: silent after %v, want %d ms", c.Published, time.Duration(got), c.SilentAfter)
		}
	}
}

// slow is a segment with a reader that has read a few pictures, one each 2.5 s; published is when the newest was.
func slow(t *testing.T) (writer *shmtest.Writer, reader *shm.Reader, published uint64) {
	writer, reader = begun(t)
	now := shm.Now()
	for i := range uint64(5) {
		unit := shmtest.Frame(i, true, 1000)
		unit.PublishNS = now - (4-i)*2_500_000_000
		writer.Publish(unit)
		published = shmtest.Next(t, reader).PublishNS
	}
	return writer, reader, published
}

func TestACameraOfAPictureEachFewSecondsIsLive(t *testing.T) {
	writer, reader, published := slow(t)
	for _, c := range []struct {
		afterMS uint64
		want    string
	}{{0, shm.Live}, {2499, shm.Live}, {6249, shm.Live}, {6250, shm.Silent}} {
		if state, message := reader.StateAt(published + c.afterMS*1e6); state != c.want {
			t.Errorf("%d ms after a picture: %s (%s), want %s", c.afterMS, state, message, c.want)
		}
	}
	if got := reader.SilentAfter(); got != 6250*time.Millisecond {
		t.Errorf("silent after %v", got)
	}
	if err := writer.Replace(); err != nil { // another writer, whose pace is not known
		t.Fatal(err)
	}
	writer.Publish(shmtest.Frame(0, true, 1000))
	shmtest.Next(t, reader)
	if got := reader.SilentAfter(); got != time.Second {
		t.Errorf("silent after %v of another writer's first picture", got)
	}
}
