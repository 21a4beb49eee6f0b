package record

import (
	"sync"
	"testing"
	"time"

	"petcam/streamer/internal/recordname"
)

func TestLeasesInQuickSuccessionShareAFileAndLaterOnesHaveTheirOwn(t *testing.T) {
	f := newFilming(t, Visits, nil)
	f.film(60)
	first := f.lease(5, 2)
	for range 20 { // somebody asks again and again
		f.filmRead(4, 1)
		if again := f.lease(5, 2); again.KeptFile != first.KeptFile {
			t.Fatalf("%+v is another file than %+v", again, first)
		}
	}
	f.filmRead(14, 1) // within the post-roll comes the next visit
	if again := f.lease(1, 2); again.KeptFile != first.KeptFile {
		t.Errorf("%+v is another file than %+v", again, first)
	}
	f.film(30 * 12)
	f.untilOver()
	second := f.lease(30, 1)
	if second.Filename == first.Filename {
		t.Error("they share a file")
	}
	f.lease(1, 1) // which shortens nothing
	f.filmRead(39, 1)
	if !f.ByItself().Recording {
		t.Error("a lease was shortened")
	}
	f.Close()
	f.holds(second.Filename, f.ring.since(second.FirstNS))
	if files := f.files(); len(files) != 2 {
		t.Errorf("files are %v", files)
	}
}

// A disk may take its time to create a file, and whoever asks meanwhile finds none yet.
func TestALeaseThatComesWhileAFileIsMadeTouchesItToo(t *testing.T) {
	named, free := make(chan struct{}), make(chan struct{})
	var once sync.Once
	f := newFilming(t, Always, func(f *filming) {
		f.system.openDisk = func(path string) (fileSystem, error) {
			disk, err := openDisk(path, nil)
			return slowDisk{disk, func() { once.Do(func() { close(named); <-free }) }}, err
		}
	})
	f.film(60)
	<-named // as what nobody has asked for
	from, err := f.keeper.ask(time.Minute, 0)
	if err != nil {
		t.Fatal(err)
	}
	close(free)
	leased, err := f.keeper.wait(from)
	if err != nil || recordname.KindOf(leased.Filename) != visit || len(leased.Files) != 1 {
		t.Errorf("answer is %+v, %v", leased, err)
	}
	f.ring.waitUntilRead(1)
	f.Close()
	f.holds(leased.Filename, f.ring.since(leased.FirstNS))
}

func TestALeaseThatComesWhileASlowDiskFinishesTheLastVisitWaitsForThat(t *testing.T) {
	finishing, free := make(chan struct{}), make(chan struct{})
	var once sync.Once
	f := newFilming(t, Visits, func(f *filming) {
		f.system.syncEvery = time.Hour
		f.system.openDisk = func(path string) (fileSystem, error) {
			disk, err := openDisk(path, nil)
			return wrappedDisk{disk, func(o file) file {
				return slowFile{o, func() { once.Do(func() { close(finishing); <-free }) }}
			}}, err
		}
	})
	f.film(60)
	first := f.lease(1, 0)
	f.Recorder.system.startTimeout = time.Millisecond
	f.film(30 * 12)
	<-finishing
	answers := make(chan Leased)
	go func() {
		leased, err := f.Keep(time.Minute, 0)
		if err != nil {
			t.Error(err)
		}
		answers <- leased
	}()
	select {
	case leased := <-answers:
		close(free)
		t.Fatalf("it was answered before the disk was ready: %+v", leased)
	case <-time.After(50 * time.Millisecond):
	}
	close(free)
	if second := <-answers; second.Filename == first.Filename || recordname.KindOf(second.Filename) != visit {
		t.Errorf("%+v after %+v", second, first)
	}
}

// slowFile is a file that takes its time to become durable.
type slowFile struct {
	file
	sync func()
}

func (f slowFile) Sync() error {
	f.sync()
	return f.file.Sync()
}

func TestManyAskForALeaseAtOnceAndGetTheSameFile(t *testing.T) {
	f := newFilming(t, Visits, nil)
	f.film(90)
	answers := make([]Leased, 20)
	var all sync.WaitGroup
	for i := range answers {
		all.Add(1)
		go func() {
			defer all.Done()
			leased, err := f.Keep(time.Minute, time.Second)
			if err != nil {
				t.Error(err)
			}
			answers[i] = leased
		}()
	}
	all.Wait()
	for _, answer := range answers {
		if answer.KeptFile != answers[0].KeptFile {
			t.Errorf("%+v and %+v", answer, answers[0])
		}
	}
	if f.ring.opened != 1 {
		t.Errorf("%d readers", f.ring.opened)
	}
}
