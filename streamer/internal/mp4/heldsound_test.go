package mp4_test

import (
	"errors"
	"slices"
	"syscall"
	"testing"
	"time"

	"petcam/streamer/internal/mp4"
	"petcam/streamer/internal/mp4/mp4test"
	"petcam/streamer/internal/sound"
)

// counting counts its writes.
type counting struct {
	faulty
	count int
}

func (c *counting) WriteAt(p []byte, off int64) (int, error) {
	c.count++
	return c.faulty.WriteAt(p, off)
}

// addSilence adds so many packets, and gives until when there is sound then.
func addSilence(t *testing.T, w *mp4.Writer, made *sounding, packets int) time.Duration {
	t.Helper()
	for range packets {
		if added, err := w.AddSound(sound.Silence); !added || err != nil {
			t.Fatal(added, err)
		}
		made.packets = append(made.packets, sound.Silence)
	}
	return w.SoundUntil()
}

func TestPacketsThatAreHeldComeByOneWrite(t *testing.T) {
	units := mp4test.Clip(t, "baseline", 160, 120, 40, 1e12)
	file := &counting{}
	w, made := beginSounding(t, file, units, nil)
	before := w.Size()
	w.HoldSound()
	until := addSilence(t, w, made, 5)
	file.count = 0
	if w.SoundUntil() != until || w.Size() != before || file.count != 0 {
		t.Errorf("sound until %v, %d bytes more, %d writes", w.SoundUntil(), w.Size()-before, file.count)
	}
	for range 2 { // nothing is written again
		if err := w.FlushSound(); err != nil || file.count != 1 {
			t.Fatalf("%d writes, %v", file.count, err)
		}
	}
	addSilence(t, w, made, 2) // are not held any more
	if file.count != 3 || int64(len(file.b)) != w.Size() {
		t.Errorf("%d writes, %d bytes, not %d", file.count, len(file.b), w.Size())
	}
	made.finishes(t, w, &file.memory)
}

func TestHeldPacketsThatTheDiskDoesNotTakeAreWrittenTheNextTime(t *testing.T) {
	units := mp4test.Clip(t, "baseline", 160, 120, 40, 1e12)
	for _, truncates := range []int{0, 1} {
		file := &faulty{}
		w, made := beginSounding(t, file, units[:20], nil)
		w.HoldSound()
		addSilence(t, w, made, 3)
		file.writes, file.truncates = 1, truncates
		if err := w.FlushSound(); !errors.Is(err, syscall.EIO) {
			t.Fatal(err)
		}
		for _, au := range units[20:] {
			if err := add(w, au, 1e12); err != nil {
				t.Fatal(err)
			}
		}
		made.units = units
		w.HoldSound()
		addSilence(t, w, made, 2)
		if err := w.FlushSound(); err != nil {
			t.Fatal(err)
		}
		made.finishes(t, w, &file.memory)
	}
}

func TestAPacketThatFailsBehindHeldOnesIsNotAdded(t *testing.T) {
	units := mp4test.Clip(t, "baseline", 160, 120, 40, 1e12)
	file := &faulty{}
	w, made := beginSounding(t, file, units, nil)
	w.HoldSound()
	until := addSilence(t, w, made, 2)
	file.writes = 2
	if err := w.FlushSound(); !errors.Is(err, syscall.EIO) {
		t.Fatal(err)
	}
	if added, err := w.AddSound(sound.Silence); added || !errors.Is(err, syscall.EIO) || w.SoundUntil() != until {
		t.Fatal(added, err, w.SoundUntil())
	}
	addSilence(t, w, made, 1) // writes those that were held, too
	made.finishes(t, w, &file.memory)
}

func TestNoMorePacketsAreHeldThanFit(t *testing.T) {
	units := mp4test.Clip(t, "baseline", 160, 120, 60, 1e12)
	file := &counting{}
	w, _ := beginSounding(t, file, units, nil)
	largest := slices.Concat([]byte{0xf8}, make([]byte, mp4.MaxSound-1))
	file.count = 0
	w.HoldSound()
	for {
		added, err := w.AddSound(largest)
		if err != nil {
			t.Fatal(err)
		}
		if !added {
			break
		}
	}
	if file.count != 3 { // of 2 s, 100 packets of 1,275 bytes
		t.Errorf("%d writes while packets were held", file.count)
	}
}
