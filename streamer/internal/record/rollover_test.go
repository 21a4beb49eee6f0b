package record

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"petcam/streamer/internal/h264"
	"petcam/streamer/internal/mp4/mp4test"
)

func TestALongRecordingContinuesInTheNextFileWithoutLosingOrRepeatingAFrame(t *testing.T) {
	r := newHarness(t, func(o *Options) { o.Segment = 1500 * time.Millisecond })
	units := seconds(t, 6)
	r.source.publish(units...)
	r.start()
	r.stop()
	files := r.files()
	if len(files) != 3 {
		t.Fatalf("files are %v, want two rolls", files)
	}
	for i, name := range files {
		r.holds(name, units[60*i:60*(i+1)]) // the first keyframe after 1.5 s
	}
	mp4test.Plays(t, r.path(files[2]))
}

// fatDisk is a disk on which files may only have so many bytes.
type fatDisk struct {
	fileSystem
	max int64
}

func (d fatDisk) MaxFile() int64 { return d.max }

func TestAFileEndsBeforeTheLargestThatTheDiskTakes(t *testing.T) {
	r := newHarness(t, nil)
	units := seconds(t, 6)
	half := int64(1 << 10) // for headers
	for _, au := range units[:90] {
		half += int64(len(au.Data)) + 200
	}
	r.system.openDisk = func(path string) (fileSystem, error) {
		disk, err := openDisk(path, nil)
		return fatDisk{disk, half}, err
	}
	r.source.publish(units...)
	r.start()
	r.stop()
	files := r.files()
	if len(files) < 2 {
		t.Fatalf("files are %v, want more than one", files)
	}
	for _, name := range files {
		frames := len(mp4test.Packets(t, r.path(name)))
		r.holds(name, units[:frames])
		units = units[frames:]
	}
	if len(units) > 0 {
		t.Errorf("%d frames are in no file", len(units))
	}
}

// breaks are what ends a file before the keyframe at 60 of a clip of 90 frames.
func breaks(t *testing.T) map[string]func(units []h264.AccessUnit) {
	other := mp4test.Clip(t, "baseline", 176, 144, 30, 0)
	return map[string]func(units []h264.AccessUnit){
		"other parameter sets": func(units []h264.AccessUnit) {
			for i := range units {
				units[i].Data = other[i].Data
			}
		},
		"a gap of over ten seconds": func(units []h264.AccessUnit) {
			for i := range units {
				units[i].CaptureNS += 10e9
			}
		},
		"a time that steps back": func(units []h264.AccessUnit) {
			for i := range units {
				units[i].CaptureNS -= 1e9
			}
		},
	}
}

func TestADiscontinuityBeginsANewFile(t *testing.T) {
	for name, change := range breaks(t) {
		t.Run(name, func(t *testing.T) {
			r := newHarness(t, nil)
			units := seconds(t, 6)[:90]
			change(units[60:])
			r.source.publish(units...)
			first := r.start()
			last := r.stop().Filename
			if len(r.files()) != 2 {
				t.Fatalf("files are %v", r.files())
			}
			r.holds(first, units[:60])
			r.holds(last, units[60:])
		})
	}
}

func TestAWriterThatRestartsAtOnceContinuesTheSameFile(t *testing.T) {
	r := newHarness(t, nil)
	units := seconds(t, 6)[:90]
	for i := range units[60:] {
		units[60+i].Epoch, units[60+i].Record = 2, uint64(i)
		units[60+i].CaptureNS += 1e9
	}
	r.source.publish(units...)
	name := r.start()
	r.stop()
	r.holds(name, units)
}

func TestFramesThatReferToMissingOnesAreDroppedAndTheFileGoesOn(t *testing.T) {
	for name, change := range map[string]func(units []h264.AccessUnit){
		"of a new writer": func(units []h264.AccessUnit) {
			for i := range units {
				units[i].Epoch = 2
			}
		},
		"behind a gap": func(units []h264.AccessUnit) { units[0].Discontinuity = true },
	} {
		t.Run(name, func(t *testing.T) {
			r := newHarness(t, nil)
			units := seconds(t, 3)
			change(units[45:])
			r.source.publish(units...)
			file := r.start()
			if dropped := r.stop().Dropped; dropped != 15 {
				t.Errorf("%d frames are dropped, want 15", dropped)
			}
			r.holds(file, slices.Concat(units[:45], units[60:]))
			mp4test.Plays(t, r.path(file))
		})
	}
}

func TestAFileIsFinishedWhereWhatComesCannotBeDecodedForLong(t *testing.T) {
	r := newHarness(t, nil)
	units := seconds(t, 15)
	units[45].Discontinuity = true
	for i := range units[46:390] {
		units[46+i] = mp4test.Without(units[46+i], h264.NALSPS, h264.NALPPS)
		units[46+i].Keyframe = false // none for twelve seconds
	}
	r.source.publish(units...)
	first := r.start()
	last := r.stop().Filename
	r.holds(first, units[:45])
	r.holds(last, units[390:])
}

func TestASlowCamerasPicturesAreInOneFile(t *testing.T) {
	r := newHarness(t, nil)
	units := make([]h264.AccessUnit, 10)
	clip := seconds(t, 1)
	_, now := bothClocks()
	for i := range units { // all of them keyframes, as slow cameras send
		units[i] = clip[0]
		units[i].CaptureNS = now - uint64(len(units)-i)*2_500_000_000
	}
	r.source.publish(units...)
	name := r.start()
	r.stop()
	r.holds(name, units)
}

func TestAPauseOfTheCameraFinishesTheFileAndTheRecordingContinues(t *testing.T) {
	r := newHarness(t, nil)
	r.system.idleLimit = 50 * time.Millisecond
	units := seconds(t, 2)
	r.source.publish(units[:30]...)
	silent := make(chan struct{})
	calls := 0
	r.source.beforeNext = func() {
		if calls++; calls == 30+2 { // the one after the frames waits in vain, the next comes when the file is finished
			close(silent)
		}
	}
	first := r.start()
	<-silent
	r.holds(first, units[:30])
	if !r.Status().Recording {
		t.Error("the recording has ended")
	}
	r.source.publish(units[30:]...)
	last := r.stop().Filename
	r.holds(last, units[30:])
}

func TestAWallClockJumpChangesNeitherDurationsNorFileOrder(t *testing.T) {
	const year = 365 * 24 * time.Hour
	jumps := []time.Duration{0, -50 * year, 50 * year, -time.Hour}
	r := newHarness(t, func(o *Options) { o.Segment = time.Second })
	var looks atomic.Uint64 // each file looks once when it begins; others look in between
	r.system.now = func() (time.Time, uint64) {
		wall, now := bothClocks()
		return wall.Add(jumps[looks.Add(1)%uint64(len(jumps))]), now
	}
	units := seconds(t, 5)
	r.source.publish(units...)
	r.start()
	r.stop()
	files := r.files() // by name
	if len(files) != 5 {
		t.Fatalf("files are %v", files)
	}
	for i, name := range files {
		r.holds(name, units[30*i:30*(i+1)])
	}
}
