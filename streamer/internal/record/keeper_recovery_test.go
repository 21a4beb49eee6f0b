package record

import (
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"petcam/streamer/internal/recordname"
)

func TestARestartForgetsTheLeaseAndTheNextRequestGetsAFile(t *testing.T) {
	f := newFilming(t, Visits, nil)
	f.film(90)
	first := f.lease(60, 1)
	f.filmRead(1, 1)
	f.restart()
	if f.ByItself().Recording {
		t.Error("it goes on without being asked")
	}
	second := f.lease(60, 3)
	if second.Filename == first.Filename {
		t.Error("it is the same file")
	}
	f.filmRead(1, 1)
	f.Close()
	f.holds(second.Filename, f.ring.since(second.FirstNS))
	if len(f.ofKind(visit)) != 2 {
		t.Errorf("files are %v", f.files())
	}
}

func TestRecoveryFinishesWhatIsRecordedByItselfAsWhatItWas(t *testing.T) {
	name, content := growingFile(t, seconds(t, 2))
	for _, k := range []kind{visit, always} {
		later := newHarness(t, nil)
		marked := strings.TrimSuffix(name, ".mp4") + k.Mark() + ".mp4"
		later.write(marked+partSuffix, 0)
		if err := os.WriteFile(later.path(marked+partSuffix), content, 0o640); err != nil {
			t.Fatal(err)
		}
		later.Recover()
		if files := later.files(); !slices.Equal(files, []string{marked}) || recordname.KindOf(marked) != k {
			t.Errorf("files are %v", files)
		}
	}
}

func TestRecoveryLeavesWhatGrowsByItselfAlone(t *testing.T) {
	f := newFilming(t, Always, func(f *filming) { f.options.Segment = time.Second })
	f.film(1)
	f.untilItself("recording", func(b *ByItself) bool { return b.Recording })
	var all sync.WaitGroup
	all.Add(1)
	go func() {
		defer all.Done()
		for range 200 {
			f.Recover()
		}
	}()
	for range 40 {
		f.film(30)
		f.lease(1, 2)
	}
	all.Wait()
	f.ring.waitUntilRead(1)
	f.Close()
	if lines := f.log.lines("earlier run"); len(lines) != 0 {
		t.Errorf("the log has %v", lines)
	}
	visits := f.ofKind(visit)
	if len(visits) != 41 {
		t.Errorf("files are %v", f.files())
	}
	for i, name := range visits[:40] {
		f.holds(name, f.ring.units[30*i:30*i+30])
	}
}
